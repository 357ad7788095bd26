import {
  getOption,
  hasOption,
  type DescField,
  type DescMessage,
  type DescMethod,
  type DescService,
} from '@bufbuild/protobuf';

import { Auth, method, own_wallet, service, type Rule } from '../../../gen/walletauth/v1/options_pb.js';
import { fieldStep, isText, type FieldPlan } from './own-wallet.js';
import { isLimit, type AuthRule, type MethodPolicy } from './policy.js';

/** What a `.proto` says about a method or a service, by `walletauth/v1/options.proto`. */
export interface ProtoPolicy {
  readonly policy: MethodPolicy;
  /** The fields that must be the caller's wallet; only if there are any. */
  readonly fields: FieldPlan | undefined;
}

/**
 * Reads the method option, and the field options of the request.
 * @returns `undefined` if the `.proto` says nothing.
 * @throws TypeError naming the method or field whose option is wrong.
 */
export function methodPolicy(desc: DescMethod): ProtoPolicy | undefined {
  const fields = ownWalletFields(desc.input);
  if (!hasOption(desc, method)) return fields && { policy: {}, fields };
  return { policy: policyOf(desc.toString(), getOption(desc, method)), fields };
}

/** Reads the service option; otherwise like `methodPolicy`. */
export function servicePolicy(desc: DescService): ProtoPolicy | undefined {
  if (!hasOption(desc, service)) return undefined;
  return { policy: policyOf(desc.toString(), getOption(desc, service)), fields: undefined };
}

function policyOf(name: string, { auth, cost, limit, chargeMessages }: Rule): MethodPolicy {
  if (limit !== undefined && !isLimit(limit)) throw new TypeError(`${name}: the option's limit must be a name`);
  return Object.freeze({ auth: authRule(name, auth), cost, limit, chargeMessages });
}

function authRule(name: string, auth: Auth): AuthRule | undefined {
  switch (auth) {
    case Auth.UNSPECIFIED:
      return undefined;
    case Auth.REQUIRED:
      return 'required';
    case Auth.OPTIONAL:
      return 'optional';
    case Auth.PUBLIC:
      return 'public';
    default:
      throw new TypeError(`${name}: the option's auth ${auth} is unknown to this version`);
  }
}

/** The plan for all fields with the option, in the message and in the messages inside; `undefined` if there are none. */
function ownWalletFields(message: DescMessage): FieldPlan | undefined {
  return holdsOption(message, new Set()) ? planOf(message, '') : undefined;
}

function planOf(message: DescMessage, before: string): FieldPlan {
  return message.fields.flatMap((field) => {
    const path = `${before}${field.name}`;
    if (isMarked(field)) return [fieldStep(path, field.name, field, undefined)];
    const { message: type } = field;
    if (!type || !holdsOption(type, new Set())) return [];
    let plan: FieldPlan | undefined; // made when a message needs it: types contain themselves
    return [fieldStep(path, field.name, field, () => (plan ??= planOf(type, `${path}.`)))];
  });
}

/** Whether a message of this type can hold a field with the option, at any depth. */
function holdsOption(message: DescMessage, seen: Set<DescMessage>): boolean {
  if (seen.has(message)) return false;
  seen.add(message);
  return message.fields
    .map((field) => isMarked(field) || (field.message !== undefined && holdsOption(field.message, seen)))
    .includes(true);
}

/** @throws TypeError naming a field that has the option and is no text. */
function isMarked(field: DescField): boolean {
  if (!hasOption(field, own_wallet) || !getOption(field, own_wallet)) return false;
  if (!isText(field)) throw new TypeError(`${field.toString()}: own_wallet is for text`);
  return true;
}
