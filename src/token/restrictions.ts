import type { RestrictionFields } from './fields.js';
import type { WireReader } from './wire-reader.js';

/** Most names of nodes in one token, and most characters of one. */
export const MAX_AUDIENCES = 16;
export const MAX_AUDIENCE_LENGTH = 255;
/** Most patterns of methods in one token. */
export const MAX_METHODS = 32;
/** Bytes of a challenge. */
export const CHALLENGE_LENGTH = 16;

/** A name of a node, as far as every token must have it. */
const AUDIENCE = /^[!-~]{1,255}$/;
const METHOD = /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*\/(?:[A-Za-z_]\w*|\*)$/;

/** Restrictions that restrict nothing. */
export const NO_RESTRICTIONS: RestrictionFields = Object.freeze({
  audience: [],
  expiresNs: undefined,
  challenge: undefined,
  methods: [],
  proofRequired: false,
  strict: false,
  unknownField: undefined,
});

/**
 * Reads one copy of `walletauth.v1.Restrictions` on top of those before it.
 * @param toLatin1 one character for each byte; names that are no ASCII are refused afterwards.
 * @throws Error if it is broken or a known field has another wire type.
 */
export function readRestrictions(
  reader: WireReader,
  before: RestrictionFields,
  toLatin1: (bytes: Uint8Array) => string,
): RestrictionFields {
  let { audience, expiresNs, challenge, methods, proofRequired, strict, unknownField } = before;
  while (reader.next()) {
    switch (reader.number) {
      case 1:
        audience = added(audience, toLatin1(reader.bytes()), MAX_AUDIENCES);
        break;
      case 2:
        expiresNs = reader.uint64();
        break;
      case 3:
        challenge = reader.bytes();
        break;
      case 4:
        methods = added(methods, toLatin1(reader.bytes()), MAX_METHODS);
        break;
      case 5:
        proofRequired = reader.uint64() !== 0n;
        break;
      case 6:
        strict = reader.uint64() !== 0n;
        break;
      default:
        unknownField ??= reader.number;
        reader.skip();
    }
  }
  return { audience, expiresNs, challenge, methods, proofRequired, strict, unknownField };
}

/** A list with one more value. @throws Error before it grows beyond what a token may hold. */
function added(list: readonly string[], value: string, most: number): readonly string[] {
  if (list.length === most) throw new Error(`more than ${most} values in a restriction`);
  return [...list, value];
}

/**
 * Looks at the shapes of restrictions that were read to their end.
 * @param createdNs when the token was made.
 * @returns what is misshapen; `undefined` if nothing is.
 */
export function misshapen(fields: RestrictionFields, createdNs: bigint): string | undefined {
  const { audience, methods, expiresNs, challenge } = fields;
  if (!audience.every((name) => AUDIENCE.test(name))) return 'a misshapen audience';
  if (audience.length > 1 && new Set(audience).size < audience.length) return 'a repeated audience';
  if (!methods.every(isMethodPattern)) return 'a misshapen method';
  const length = challenge?.length ?? 0;
  if (length !== 0 && length !== CHALLENGE_LENGTH) return 'a misshapen challenge';
  const isBefore = expiresNs !== undefined && expiresNs !== 0n && expiresNs <= createdNs;
  return isBefore ? 'it expires before it was made' : undefined;
}

/** Restrictions with 0 and empty bytes as `undefined`; `undefined` if they restrict nothing. */
export function whatIsSet(fields: RestrictionFields): RestrictionFields | undefined {
  const { audience, methods, proofRequired, strict, unknownField } = fields;
  const expiresNs = fields.expiresNs === 0n ? undefined : fields.expiresNs;
  const challenge = fields.challenge?.length === 0 ? undefined : fields.challenge;
  const isList = audience.length + methods.length > 0;
  const isSet = isList || expiresNs !== undefined || challenge !== undefined || proofRequired || strict;
  if (!isSet && unknownField === undefined) return undefined;
  return { audience, expiresNs, challenge, methods, proofRequired, strict, unknownField };
}

/** Whether a text is `package.Service/Method` or `package.Service/*`. */
export function isMethodPattern(text: string): boolean {
  return METHOD.test(text);
}
