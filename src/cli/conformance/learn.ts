import { isAccepted, isSilent, Code, type Answer } from './answer.js';
import { bearer, restricted, type Kit } from './kit.js';

/** A node that cannot be tested as it is asked to be. Its message is one line. */
export class CannotTestError extends Error {
  override readonly name = 'CannotTestError';
}

/** Calls with what is made of a kit, and waits where the node asks for it. */
export type KitCaller = (make: (kit: Kit) => string | undefined) => Promise<Answer>;

const NO_CHALLENGE = new Uint8Array(16);

/**
 * Finds out what the node demands of every token, and its challenge, before anything is judged.
 * @param learned changes the kit of all calls that follow.
 * @param hasRestrictions whether the node knows restrictions; else only that it can be called is looked at.
 * @throws CannotTestError if it cannot be reached, has no such method, or demands what is not known.
 */
export async function learn(
  call: KitCaller,
  kit: () => Kit,
  learned: (change: Partial<Kit>) => void,
  hasRestrictions: boolean,
): Promise<void> {
  const without = await call(() => undefined);
  checkReached(without);
  if (isSilent(without)) return;
  const first = await call((now) => bearer(now));
  checkReached(first);
  if (!hasRestrictions) return;
  if (first.details?.reason === 'WRONG_AUDIENCE') {
    if (kit().audience === undefined) throw new CannotTestError('the node demands an audience: give --audience <name>');
    learned({ demanded: { audience: true, challenge: false } });
  }
  const { audience } = kit();
  if (audience === undefined) {
    if (first.details?.reason === 'CHALLENGE_REQUIRED') {
      throw new CannotTestError(
        'the node demands a challenge, which goes with a name of the node: give --audience <name>',
      );
    }
    return;
  }
  const second = await call((now) => bearer(now));
  const demands = [first, second].some(({ details }) => details?.reason === 'CHALLENGE_REQUIRED');
  const probe = await call((now) => restricted(now, { audience: [audience], challenge: NO_CHALLENGE }));
  const challenge = [probe, second, first].map((answer) => answer.challenge).find((each) => each !== undefined);
  if (challenge !== undefined && /^[0-9a-f]{32}$/.test(challenge)) learned({ challenge });
  if (demands) learned({ demanded: { audience: true, challenge: true } });
}

function checkReached(answer: Answer): void {
  const { code, details, message } = answer;
  if (details !== undefined || isSilent(answer)) return;
  if (code === Code.UNIMPLEMENTED) throw new CannotTestError(`the node has no such method: ${message}`);
  if (code === Code.UNAVAILABLE && !isAccepted(answer))
    throw new CannotTestError(`the node cannot be called: ${message}`);
}
