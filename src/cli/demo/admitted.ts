import { Metadata } from '@grpc/grpc-js';

import { createTokenSource } from '../../client/create-token-source.js';
import { bearerValue } from '../../token/bearer.js';
import { callKinds, outcomeOf, short, whoAmI } from './calls.js';
import type { Stage } from './stage.js';
import type { Line } from './table.js';

const MINUTE_MS = 60_000;
const TWO_HOURS_MS = 120 * MINUTE_MS;

/**
 * Calls of one device: of all four kinds, with a renewed token, with a wrong clock.
 * @yields each line as soon as its call has ended.
 */
export async function* admitted(stage: Stage): AsyncGenerator<Line> {
  const { clock, device } = stage;
  const source = createTokenSource(device, { now: clock.now });
  const client = stage.client(source);
  const name = short(device.wallet);
  const answers = [name, `${name}, 3 notes`, `${name}, 1 2 3`, `${name}, hello bye`];
  for (const [kind, call] of callKinds) {
    yield { what: kind, expected: ok(answers.shift()), got: await outcomeOf(call(client)) };
  }

  const older = await source.get();
  clock.advance(59 * MINUTE_MS);
  yield {
    what: '59 minutes later',
    expected: ok('another token, same device'),
    got: await outcomeOf(
      whoAmI(client).then(async ({ deviceId }) => {
        const which = (await source.get()) === older ? 'same' : 'another';
        return `${which} token, ${sameDevice(deviceId, stage)}`;
      }),
    ),
  };
  yield {
    what: 'with the older token',
    expected: ok('same device'),
    got: await outcomeOf(whoAmI(stage.client(), authorized(older)).then(({ deviceId }) => sameDevice(deviceId, stage))),
  };
  yield await wrongClock('clock two hours fast', TWO_HOURS_MS, 'TOKEN_FROM_FUTURE, then OK', stage);
  yield await wrongClock('clock two hours slow', -TWO_HOURS_MS, 'TOKEN_EXPIRED, then OK', stage);
}

/** Metadata with this token. */
function authorized(token: string): Metadata {
  const metadata = new Metadata();
  metadata.set('authorization', bearerValue(token));
  return metadata;
}

/** The node refuses and sends its time, the client corrects its clock and calls once more. */
async function wrongClock(what: string, offsetMs: number, decisions: string, stage: Stage): Promise<Line> {
  const now = () => new Date(stage.clock.now().getTime() + offsetMs);
  const client = stage.client(createTokenSource(stage.device, { now, maxClockAdvanceMs: TWO_HOURS_MS }));
  const before = stage.decisions.length;
  const got = await outcomeOf(whoAmI(client).then(() => stage.decisions.slice(before).join(', then ')));
  return { what, expected: ok(decisions), got };
}

function sameDevice(deviceId: string, { device }: Stage): string {
  return deviceId === device.deviceId ? 'same device' : 'another device';
}

function ok(detail = '') {
  return { status: 'OK', detail };
}
