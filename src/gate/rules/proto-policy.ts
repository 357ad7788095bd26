import type { DescMethod, DescService } from '@bufbuild/protobuf';

import { descriptors, protobuf } from '#protobuf';

import type { Auth, Require, Rule, Stream } from '../../../gen/walletauth/v1/options_pb.js';
import type { AuthRule, StreamRule } from '../call/call.js';
import { isLimitName, type MethodPolicy } from './policy.js';
import { demandsOf, type RequireOptions } from './require.js';

/**
 * What a `.proto` declares for a method, by `walletauth/v1/options.proto`.
 * @returns `undefined` if it declares nothing.
 * @throws TypeError naming the method whose option is wrong.
 */
export function methodPolicy(desc: DescMethod): MethodPolicy | undefined {
  const { getOption, hasOption } = protobuf();
  const { method } = descriptors();
  return hasOption(desc, method) ? policyOf(desc.toString(), getOption(desc, method)) : undefined;
}

/** What it declares for all methods of a service; otherwise like `methodPolicy`. */
export function servicePolicy(desc: DescService): MethodPolicy | undefined {
  const { getOption, hasOption } = protobuf();
  const { service } = descriptors();
  return hasOption(desc, service) ? policyOf(desc.toString(), getOption(desc, service)) : undefined;
}

function policyOf(name: string, option: Rule): MethodPolicy {
  const { auth, cost, limit, chargeMessages, stream } = option;
  const require = requireOf(option.require);
  demandsOf(`${name}: the option's require`, require);
  if (limit !== undefined && !isLimitName(limit)) throw new TypeError(`${name}: the option's limit must be a name`);
  const declared = {
    auth: authRule(name, auth),
    cost,
    limit,
    chargeMessages,
    stream: streamRule(name, stream),
    require,
  };
  return Object.freeze(declared);
}

function requireOf(option: Require | undefined): RequireOptions | undefined {
  if (option === undefined) return undefined;
  const { audience, challenge, maxLifetimeMs } = option;
  return Object.freeze({
    audience,
    challenge,
    maxLifetimeMs: maxLifetimeMs === undefined ? undefined : Number(maxLifetimeMs),
  });
}

function authRule(name: string, auth: Auth): AuthRule | undefined {
  const { Auth } = descriptors();
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

function streamRule(name: string, stream: Stream): StreamRule | undefined {
  const { Stream } = descriptors();
  switch (stream) {
    case Stream.UNSPECIFIED:
      return undefined;
    case Stream.AT_OPEN:
      return 'at-open';
    case Stream.UNTIL_EXPIRY:
      return 'until-expiry';
    case Stream.WHILE_RENEWED:
      return 'while-renewed';
    default:
      throw new TypeError(`${name}: the option's stream ${stream} is unknown to this version`);
  }
}
