import { refusal, type AuthError } from '../../errors.js';
import { dropPromise, knownOptions } from '../../options.js';
import { compileList, sharedEntry, type AccessList, type AccessSubject } from './access-list.js';

/**
 * Lists of callers, each an `AccessList` or an array of wallet addresses, device ids, IP addresses and CIDR ranges. A caller
 * without identity, and every caller of a `public` method, is looked up by its address alone. An entry that stands in two arrays
 * is refused at construction, but in lists that change, and for ranges inside ranges, `deny` comes first.
 */
export interface AccessOptions {
  /** If given, only callers in it are admitted, `public` methods included; an address in it admits any wallet. Default: all callers. */
  allow?: AccessList | readonly string[] | undefined;
  /** Callers in it are denied: by address before the token is looked at, by wallet and device once it is verified. Default: none. */
  deny?: AccessList | readonly string[] | undefined;
  /** Callers in it have `priorityFactor` times as much of every limit. Default: none. */
  priority?: AccessList | readonly string[] | undefined;
}

/** Judges a caller. @returns ACCESS_DENIED, or nothing. */
export type AccessCheck = (caller: AccessSubject) => AuthError | undefined;

/** Whether limits are wider for a caller. */
export type HasPriority = (caller: AccessSubject) => boolean;

/** The lists of a gate. */
export interface Access {
  /** Before authentication: is the caller's address denied? `undefined` if there is no such list. */
  readonly checkAddress: AccessCheck | undefined;
  /**
   * After it: is the wallet or device denied, or is there an allow list that has neither of them nor the address? `undefined`
   * if there is neither list.
   */
  readonly checkCaller: AccessCheck | undefined;
  readonly hasPriority: HasPriority;
}

/**
 * Reads the lists.
 * @throws TypeError naming a list, and the entry that is wrong or stands in two arrays.
 */
export function createAccess(options: AccessOptions = {}): Access {
  knownOptions(options, ['allow', 'deny', 'priority']);
  const allow = listOf('access.allow', options.allow);
  const deny = listOf('access.deny', options.deny);
  const priority = listOf('access.priority', options.priority);
  for (const name of ['allow', 'priority'] as const) {
    if (!Array.isArray(options.deny) || !Array.isArray(options[name])) continue;
    const entry = sharedEntry(options.deny, options[name]);
    if (entry !== undefined) throw new TypeError(`access.${name}: ${JSON.stringify(entry)} is in access.deny too`);
  }
  return Object.freeze({
    checkAddress: deny && ((caller) => (isIn(deny, caller) ? denied('the address is in access.deny') : undefined)),
    checkCaller: both(deny && denyCaller(deny), allow && allowCaller(allow)),
    hasPriority: priority ? (caller) => isIn(priority, caller) : () => false,
  } satisfies Access);
}

function denyCaller(deny: AccessList): AccessCheck {
  return ({ wallet, deviceId }) =>
    deviceId !== undefined && isIn(deny, { wallet, deviceId }) ? denied(`${deviceId} is in access.deny`) : undefined;
}

function allowCaller(allow: AccessList): AccessCheck {
  return (caller) =>
    isIn(allow, caller) ? undefined : denied(`${caller.deviceId ?? 'the address'} is not in access.allow`);
}

function both(first: AccessCheck | undefined, second: AccessCheck | undefined): AccessCheck | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  return (caller) => first(caller) ?? second(caller);
}

/** @throws TypeError if the list does not answer, or with a promise: no caller is admitted by that. */
function isIn(list: AccessList, caller: AccessSubject): boolean {
  const answer: unknown = list.has(caller);
  if (typeof answer === 'boolean') return answer;
  dropPromise(answer);
  throw new TypeError('the `has` of an AccessList must answer true or false');
}

/** Which list denied the caller is for the operator's log alone. */
function denied(cause: string): AuthError {
  return refusal('ACCESS_DENIED', { cause });
}

function listOf(name: string, list: AccessList | readonly string[] | undefined): AccessList | undefined {
  if (list === undefined) return undefined;
  if (Array.isArray(list)) return compileList(list, () => name);
  if (typeof (list as Partial<AccessList> | null)?.has === 'function') return list as AccessList;
  throw new TypeError(`${name} must be an AccessList or an array of entries`);
}
