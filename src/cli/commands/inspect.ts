import { styleText } from 'node:util';

import { toHex } from '../../crypto/hex.js';
import type { SignatureFields } from '../../token/fields.js';
import type { TokenInspection } from '../../verify/inspect-token.js';
import { asciiJson, asciiText } from '../ascii.js';
import { explainRestrictions } from '../explain-restrictions.js';
import { command } from '../flags.js';
import { tokenInput } from '../secrets.js';
import { verdictOf } from '../verdict.js';
import { VERIFIER_HELP, methodFlag, verifierFlags, verifierOptionsOf } from '../verifier-flags.js';

const HELP = `\
Shows the whole content of a token, says what it may not do, and whether a node would accept it. Exit code 0 for a bad
token, too.

Usage: wallet-auth inspect <token | -> [options]

The token may have its scheme before it or be a whole header, as an argument or on standard input.

Options
${VERIFIER_HELP}
  --json                     prints all of it as one JSON object

Examples
  npx grpc-wallet-auth token --identity device.id | npx grpc-wallet-auth inspect
  npx grpc-wallet-auth inspect "$TOKEN" --at 2026-01-31T12:00:00Z`;

/** `wallet-auth inspect`. */
export const run = command({
  help: HELP,
  options: { ...verifierFlags, json: { type: 'boolean' } },
  takesArguments: true,
  async run(values, args) {
    const method = values.method === undefined ? undefined : methodFlag(values.method);
    const options = await verifierOptionsOf(values);
    const token = await tokenInput(args);
    const at = options.now(); // after the token was read: it may be made meanwhile
    const inspection = verdictOf(token, { ...options, now: () => at }, method);
    console.log(values.json ? asciiJson(jsonOf(inspection, at)) : textOf(inspection, at));
    return 0;
  },
});

function jsonOf({ verdict, reason, error, identity, certifiedBy, authData, fields }: TokenInspection, at: Date) {
  const message = error?.message;
  const restrictions = explainRestrictions(authData, fields);
  return { verdict, reason, message, cause: causeOf(error), at, identity, certifiedBy, restrictions, authData, fields };
}

function textOf(
  { verdict, reason, error, identity, certifiedBy, authData, fields }: TokenInspection,
  at: Date,
): string {
  const { identityKey, authDataBytes, authDataSignature } = fields ?? {};
  const cause = causeOf(error);
  const rows: [name: string, value: string | undefined][] = [
    ['verdict', styleText(verdict === 'accepted' ? 'green' : 'red', verdict)],
    ['reason', reason && `${reason} (${error?.message})`],
    ['because', cause === undefined ? undefined : asciiJson(cause)],
    ['checked at', at.toISOString()],
    ['device', identity?.deviceId],
    ['expires', identity && new Date(identity.expiresAtMs).toISOString()],
    ['claims', authData && asciiText(authData.walletAddress)],
    ['certified by', certifiedBy],
    ['made at', authData && `${dateOf(authData.createdNs)} (${authData.createdNs} ns)`],
    ...explainRestrictions(authData, fields).map((each): [string, string] => ['restriction', asciiText(each)]),
    ['identity key', identityKey?.bytes && toHex(identityKey.bytes)],
    ['key timestamp', identityKey?.timestamp.toString()],
    ['certificate', signatureText(identityKey?.signature)],
    ['auth data', authDataBytes && toHex(authDataBytes)],
    ['its signature', signatureText(authDataSignature)],
  ];
  return rows
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name.padEnd(15)}${value}`)
    .join('\n');
}

function signatureText(signature: SignatureFields | undefined): string | undefined {
  if (signature === undefined) return undefined;
  const { kind = 'of an unknown kind', recovery, bytes } = signature;
  return `${kind}, recovery ${recovery}, ${toHex(bytes)}`;
}

/** The details of a refusal. The decoders' own errors have them in their message. */
function causeOf(error: Error | undefined): unknown {
  return error?.cause instanceof Error ? error.cause.message : error?.cause;
}

/** Any uint64 of nanoseconds is a date, the last one in 2554. */
function dateOf(ns: bigint): string {
  return new Date(Number(ns / 1_000_000n)).toISOString();
}
