import { toHex } from '../crypto/hex.js';
import type { TokenFields, AuthDataFields, RestrictionFields } from '../token/fields.js';
import { nsToMs } from '../token/times.js';

/** What a token may not do and when its certificate ends: a sentence for each, in plain words; none for an ordinary token. */
export function explainRestrictions(authData: AuthDataFields | undefined, fields: TokenFields | undefined): string[] {
  const sentences = [];
  if (authData?.restrictions !== undefined) sentences.push(...explained(authData.restrictions, authData.createdNs));
  const endNs = fields?.identityKey?.notAfterNs;
  if (endNs !== undefined) {
    sentences.push(`its certificate ends at ${timeOf(endNs)}: then the wallet has to certify the device again`);
  }
  return sentences;
}

function* explained(restrictions: RestrictionFields, createdNs: bigint): Iterable<string> {
  const { audience, expiresNs, challenge, methods, proofRequired, strict, unknownField } = restrictions;
  if (audience.length > 0)
    yield `it may be used only at ${anyOf(audience, 'a node of this name', 'nodes of these names')}`;
  if (expiresNs !== undefined) {
    yield `it ends at ${timeOf(expiresNs)}, ${lengthOf(expiresNs - createdNs)} after it was made, or earlier by the node's own limit`;
  }
  if (methods.length > 0) yield `it may call only ${anyOf(methods.map(methodsOf), 'this', 'these')}`;
  if (challenge !== undefined) {
    yield `it was made after a node handed out the challenge ${toHex(challenge).slice(2)}; only nodes that still accept this one take it`;
  }
  if (proofRequired) yield 'it is good only with a proof of possession on every call: this version refuses it';
  if (strict) yield 'it was signed in the strict form: nodes that ignore restrictions refuse it';
  if (unknownField !== undefined)
    yield `it has restriction ${unknownField}, which this version does not know: it refuses the token`;
}

function anyOf(values: readonly string[], one: string, several: string): string {
  return `${values.length === 1 ? one : several}: ${values.join(', ')}`;
}

function methodsOf(pattern: string): string {
  return pattern.endsWith('/*') ? `all methods of ${pattern.slice(0, -2)}` : pattern;
}

function timeOf(ns: bigint): string {
  return new Date(nsToMs(ns)).toISOString();
}

const UNITS = [
  ['days', 86_400_000],
  ['hours', 3_600_000],
  ['minutes', 60_000],
  ['seconds', 1_000],
] as const;

/** In the largest unit that divides it. */
function lengthOf(ns: bigint): string {
  const ms = nsToMs(ns);
  const [name, unitMs] = UNITS.find(([, each]) => ms >= each && ms % each === 0) ?? ['milliseconds', 1];
  const count = ms / unitMs;
  return `${count} ${count === 1 ? name.slice(0, -1) : name}`;
}
