import { describe, expect, it } from 'vitest';

import { refusal } from '../../../src/errors.js';
import { takeSteps, type Answer } from '../../../src/gate/steps/pipeline.js';

type TestStep = (...facts: readonly number[]) => Answer | Promise<Answer>;

const denied = refusal('ACCESS_DENIED');
const pass: TestStep = () => undefined;
const passLater: TestStep = async () => undefined;
const never: TestStep = () => {
  throw new Error('this step must not be taken');
};

describe('takeSteps', () => {
  it('goes on while steps say nothing, at once', () => {
    const seen: unknown[] = [];
    const steps = [pass, (...facts: readonly number[]) => void seen.push(facts)];
    expect(takeSteps<readonly number[]>(steps, 1, 2)).toBeUndefined();
    expect(seen).toEqual([[1, 2]]);
  });

  it('stops at the first refusal', () => {
    expect(takeSteps([pass, () => denied, never])).toBe(denied);
  });

  it('waits for a step, and takes those after it then', async () => {
    const seen: number[] = [];
    const count = (at: number) => () => void seen.push(at);
    const answer = takeSteps([count(1), passLater, count(2), passLater, count(3), () => denied, never]);
    expect(seen).toEqual([1]);
    expect(await answer).toBe(denied);
    expect(seen).toEqual([1, 2, 3]);
  });

  it('stops at a late refusal', async () => {
    expect(await takeSteps([async () => denied, never])).toBe(denied);
  });

  it('passes on what steps throw and reject with', async () => {
    expect(() => takeSteps([never])).toThrow('must not be taken');
    await expect(takeSteps([passLater, never])).rejects.toThrow('must not be taken');
    await expect(takeSteps([async () => Promise.reject(denied), never])).rejects.toBe(denied);
  });
});
