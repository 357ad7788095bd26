import type { Outcome } from '../../src/cli/conformance/conformance-case.js';
import type { Kit } from '../../src/cli/conformance/kit.js';
import type { siweStatement } from '../../src/token/siwe-statement.js';
import type { IdentityStatement } from '../../src/token/statement.js';

/** A statement as JSON: its words, or what `siweStatement` takes. */
export type StatementWords = IdentityStatement | Parameters<typeof siweStatement>[0];

/** Options of a node, as a vector names them; what is left out has its default of PROTOCOL.md. */
export interface VectorNode {
  readonly maxAgeMs?: number;
  readonly maxFutureSkewMs?: number;
  /** In characters of base64. */
  readonly maxTokenLength?: number;
  readonly maxCertificateAgeMs?: number;
  /** Its names. */
  readonly audience?: readonly string[];
  /** Secrets are texts in UTF-8; the first hands out. */
  readonly challenge?: { readonly secrets: readonly string[]; readonly slotMs?: number };
  /** Those that it accepts, in order. Default: XMTP's alone. */
  readonly statements?: readonly StatementWords[];
  /** What it demands of all tokens. */
  readonly require?: { readonly audience?: true; readonly challenge?: true; readonly maxLifetimeMs?: number };
  /** Ids of devices that are revoked. */
  readonly revoked?: readonly string[];
}

/** One of `vectors/*.json`: a call and the answer that belongs to it. */
export interface Vector {
  readonly name: string;
  readonly note: string;
  /** The values of the `authorization` header. */
  readonly authorization: readonly string[];
  /** The node's clock, in milliseconds since the Unix epoch. */
  readonly nowMs: number;
  readonly node: VectorNode;
  /** `package.Service/Method`; `null` for a plain HTTP route. */
  readonly method: string | null;
  readonly expected: ExpectedIdentity | ExpectedRefusal;
  /** What a node of 2022 does; `null` where none was seen. */
  readonly xmtp: 'accepted' | 'refused' | null;
}

export interface ExpectedIdentity {
  /** In EIP-55 case. */
  readonly wallet: string;
  readonly deviceId: string;
  readonly issuedAtMs: number;
  /** The last millisecond at which the token is good here. */
  readonly expiresAtMs: number;
}

export interface ExpectedRefusal {
  readonly reason: string;
  /** gRPC status code. */
  readonly status: number;
  readonly message: string;
  /** What the ErrorInfo holds beside `server_time_ms`. */
  readonly info: Readonly<Record<string, string>>;
}

/** What a vector is made of. */
export interface Recipe {
  readonly name: string;
  readonly note: string;
  readonly node?: VectorNode;
  readonly method?: null;
  readonly make: (kit: Kit) => string | readonly string[] | undefined;
  readonly expected: Outcome;
  /** Default: as `expected`. */
  readonly xmtp?: 'accepted' | 'refused' | 'unknown';
  /** The last millisecond at which the token is good, if that is before the node's limit of age. */
  readonly endMs?: (kit: Kit) => number;
  /** What the ErrorInfo holds, where it does not follow from the node's options. */
  readonly info?: Readonly<Record<string, string>>;
}
