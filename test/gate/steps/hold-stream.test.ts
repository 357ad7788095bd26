import { describe, expect, it } from 'vitest';

import type { LeasedStream } from '../../../src/devices/leases/lease.js';
import { refusal, type AuthReason } from '../../../src/errors.js';
import type { StreamRule } from '../../../src/gate/call/call.js';
import { createAddressReader } from '../../../src/gate/call/client-address.js';
import { compileRules } from '../../../src/gate/rules/rule-table.js';
import { holdStream } from '../../../src/gate/steps/hold-stream.js';
import { CallContext } from '../../../src/gate/steps/pipeline.js';
import { walletIdentity } from '../../../src/identity.js';
import { testWallets } from '../../../src/testing/test-wallets.js';
import { incomingCall } from '../../support/incoming-call.js';

const wallet = testWallets.alice.address;
const deviceId = `${wallet}/1`;

/** A stream of Alice's phone on a lease, and what happens to it in turn. */
function held(stream: StreamRule, { revokes = true, isKnown = true } = {}) {
  const call = new CallContext(
    incomingCall(),
    undefined,
    compileRules({ '*': { stream } }).ruleOf('/a.S/M'),
    createAddressReader(),
  );
  const times = { issuedAtMs: 0, expiresAtMs: 9 };
  if (isKnown) call.identity = walletIdentity({ wallet, deviceId, identityKey: new Uint8Array(65), ...times });
  const happened: string[] = [];
  const streams: LeasedStream[] = [];
  const hold = (leased: LeasedStream) => (streams.push(leased), () => void happened.push('released'));
  holdStream(call, {
    leases: { hold },
    endCall: (ended, error) => void happened.push(`${ended === call ? 'ended' : 'another'} ${error.reason}`),
    revokes,
  });
  call.lease?.onLapsing(() => void happened.push('announced'));
  return { call, happened, streams, end: (reason: AuthReason) => streams[0]?.end(refusal(reason)) };
}

describe('a stream', () => {
  it.each(['at-open', 'until-expiry', 'while-renewed'] as const)(
    'that is %s is held by its device where devices are revoked, until it is over',
    (kind) => {
      const { call, happened, streams, end } = held(kind);
      expect(streams).toMatchObject([{ kind, deviceId, expiresAtMs: 9 }]);
      end('DEVICE_REVOKED');
      call.end();
      expect(happened).toEqual(['ended DEVICE_REVOKED', 'released']);
    },
  );

  it('that is at-open has no lease, and is not held where nothing revokes', () => {
    expect(held('at-open').call.lease).toBeUndefined();
    expect(held('at-open', { revokes: false }).streams).toEqual([]);
  });

  it('of an anonymous caller is not held', () => {
    expect(held('while-renewed', { isKnown: false }).streams).toEqual([]);
  });

  it('that is while-renewed is announced as it lapses, once', () => {
    const { happened, streams, end } = held('while-renewed', { revokes: false });
    streams[0]?.lapsing?.();
    expect(happened).toEqual(['announced']);
    end('TOKEN_EXPIRED');
    expect(happened).toEqual(['announced', 'ended TOKEN_EXPIRED']);
  });

  it('that is until-expiry is announced right before its end, and never lapses', () => {
    const { happened, streams, end } = held('until-expiry', { revokes: false });
    expect(streams[0]).not.toHaveProperty('lapsing');
    end('TOKEN_EXPIRED');
    expect(happened).toEqual(['announced', 'ended TOKEN_EXPIRED']);
  });
});
