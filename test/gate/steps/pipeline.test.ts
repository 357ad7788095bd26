import { describe, expect, it, vi } from 'vitest';

import { refusal } from '../../../src/errors.js';
import { createAddressReader, type AddressReader } from '../../../src/gate/call/client-address.js';
import { compileRules } from '../../../src/gate/rules/rule-table.js';
import { CallContext, runSteps, type Answer } from '../../../src/gate/steps/pipeline.js';
import { incomingCall } from '../../support/incoming-call.js';

type TestStep = (...facts: readonly number[]) => Answer | Promise<Answer>;

const denied = refusal('ACCESS_DENIED');
const pass: TestStep = () => undefined;
const passLater: TestStep = async () => undefined;
const never: TestStep = () => {
  throw new Error('this step must not be run');
};

describe('runSteps', () => {
  it('goes on while steps say nothing, at once', () => {
    const seen: unknown[] = [];
    const steps = [pass, (...facts: readonly number[]) => void seen.push(facts)];
    expect(runSteps<readonly number[]>(steps, 1, 2)).toBeUndefined();
    expect(seen).toEqual([[1, 2]]);
  });

  it('stops at the first refusal', () => {
    expect(runSteps([pass, () => denied, never])).toBe(denied);
  });

  it('waits for a step, and takes those after it then', async () => {
    const seen: number[] = [];
    const count = (at: number) => () => void seen.push(at);
    const answer = runSteps([count(1), passLater, count(2), passLater, count(3), () => denied, never]);
    expect(seen).toEqual([1]);
    expect(await answer).toBe(denied);
    expect(seen).toEqual([1, 2, 3]);
  });

  it('stops at a late refusal', async () => {
    expect(await runSteps([async () => denied, never])).toBe(denied);
  });

  it('makes refusals of what steps throw and reject with: INTERNAL, unless it is one', async () => {
    expect(runSteps([never])).toMatchObject({ reason: 'INTERNAL', cause: new Error('this step must not be run') });
    expect(await runSteps([passLater, never])).toMatchObject({ reason: 'INTERNAL' });
    expect(await runSteps([async () => Promise.reject(denied), never])).toBe(denied);
    expect(await runSteps([async () => Promise.reject(new Error('database')), never])).toMatchObject({
      reason: 'INTERNAL',
    });
  });
});

/** A call whose address a reader finds. */
function callBy(reader: AddressReader): CallContext {
  const incoming = incomingCall();
  return new CallContext(incoming, undefined, compileRules().ruleOf(incoming.method), reader);
}

it.each(['203.0.113.7', undefined])('the address of a call is worked out once: %s', (address) => {
  const fullAddressOf = vi.fn<AddressReader['fullAddressOf']>(() => address);
  const call = callBy({ ...createAddressReader(), fullAddressOf });
  expect([call.address, call.address]).toEqual([address, address]);
  expect(fullAddressOf).toHaveBeenCalledOnce();
});

describe('what waits for the end of a call', () => {
  it('is called once, in turn, and what it throws is dropped', () => {
    const call = callBy(createAddressReader());
    const ended: number[] = [];
    expect(call.isHeld).toBe(false);
    call.onEnd(() => void ended.push(1));
    call.onEnd(() => {
      throw new Error('broken');
    });
    call.onEnd(() => void ended.push(2));
    expect(call.isHeld).toBe(true);
    call.end();
    call.end();
    expect(ended).toEqual([1, 2]);
  });
});
