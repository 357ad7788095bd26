import { status as Status } from '@grpc/grpc-js';

import type { ChatRequest, DemoService } from '../../../gen/walletauth/demo/v1/demo_pb.js';
import { getIdentity, requireIdentity } from '../../grpc/server/identity-of.js';
import type { GrpcHandlers } from '../../grpc/service-definition.js';

const HIGHEST_LIMIT = 1_000;

/** The demo service: a handler of each of the four call kinds, each of which answers with its caller. */
export const demoHandlers: GrpcHandlers<typeof DemoService> = {
  /** Answers an anonymous caller too, where the rules admit it. */
  whoAmI(call, callback) {
    const identity = getIdentity(call);
    if (identity === undefined) return callback(null, {});
    const { wallet, deviceId, issuedAtMs, expiresAtMs } = identity;
    return callback(null, { wallet, deviceId, issuedAtMs: BigInt(issuedAtMs), expiresAtMs: BigInt(expiresAtMs) });
  },

  collectNotes(call, callback) {
    const { wallet } = requireIdentity(call);
    let count = 0;
    call.on('data', () => count++);
    call.on('end', () => callback(null, { wallet, count }));
  },

  countUp(call) {
    const { wallet } = requireIdentity(call);
    const { limit } = call.request;
    if (limit > HIGHEST_LIMIT) {
      call.emit('error', { code: Status.INVALID_ARGUMENT, details: `limit must be at most ${HIGHEST_LIMIT}` });
      return;
    }
    for (let number = 1; number <= limit; number++) call.write({ wallet, number });
    call.end();
  },

  chat(call) {
    const { wallet } = requireIdentity(call);
    call.on('data', ({ text }: ChatRequest) => call.write({ wallet, text }));
    call.on('end', () => call.end());
  },
};
