import { expect, it, onTestFinished } from 'vitest';

import { exportIdentity } from '../../../src/client/import-identity.js';
import { memoryStorage } from '../../../src/storage/memory-storage.js';
import { createSession } from '../../../src/storage/session/create-session.js';
import type { SessionOptions } from '../../../src/storage/session/session-options.js';
import { settableClock } from '../../../src/testing/settable-clock.js';
import { testWallets } from '../../../src/testing/test-wallets.js';
import { createVerifier } from '../../../src/verify/create-verifier.js';
import { TestProvider } from '../../support/provider-wallet.js';

const DAY_MS = 86_400_000;

/** A session whose certificates are good for a day, on a clock that is set by hand. */
async function start(options: Partial<SessionOptions> = {}) {
  const clock = settableClock();
  const wallet = new TestProvider('alice');
  const storage = memoryStorage();
  const reasons: string[] = [];
  const open = async () => {
    const session = await createSession({
      wallet,
      storage,
      now: clock.now,
      certificateValidForMs: DAY_MS,
      onStatus: ({ reason }) => reasons.push(reason),
      ...options,
    });
    onTestFinished(() => session.close());
    return session;
  };
  const verify = (token: string) => createVerifier({ now: clock.now }).verify(`Bearer ${token}`);
  return { clock, wallet, storage, reasons, open, session: await open(), verify };
}

it('a session whose certificate ends prompts nobody: calls are refused, and `login` certifies the same device again', async () => {
  const { clock, wallet, reasons, session, verify } = await start();
  const deviceId = session.identity?.deviceId;
  const target = session.source.forTarget('node.example:443', { audience: 'node.example:443' });
  await Promise.all([session.source.get(), target.get()]);
  clock.advance(DAY_MS + 1);
  const answers = await Promise.allSettled([session.source.get(), session.source.get()]);
  expect(answers.map((answer) => answer.status)).toEqual(['rejected', 'rejected']);
  expect(answers[0]).toMatchObject({ reason: { reason: 'CERTIFICATE_EXPIRED' } });
  expect(session.status).toMatchObject({ state: 'signed-out', reason: 'certificate-expired', identity: undefined });
  await expect(target.get()).rejects.toMatchObject({ code: 'SIGNED_OUT' });
  expect(wallet.prompts).toBe(1);

  const [identity] = await Promise.all([session.login(), session.login()]);
  expect(identity.deviceId).toBe(deviceId);
  expect(wallet.prompts).toBe(2);
  expect(verify(await session.source.get()).deviceId).toBe(deviceId);
  expect(reasons).toEqual(['no-identity', 'wallet', 'certified', 'certificate-expired', 'wallet', 'certified']);
});

it('a stored identity whose certificate has ended is not restored, and is replaced by the next login', async () => {
  const { clock, wallet, storage, session, open } = await start();
  const stored = await storage.load(testWallets.alice.address);
  session.close();
  clock.advance(DAY_MS + 1);
  const again = await start({ storage, wallet, now: clock.now, prompt: false });
  expect(again.session.status).toMatchObject({ state: 'signed-out', reason: 'certificate-expired' });
  expect(wallet.prompts).toBe(1);
  const { deviceId } = await again.session.login();
  expect(deviceId).toBe((await open()).identity?.deviceId);
  expect(wallet.prompts).toBe(2);
  expect(await storage.load(testWallets.alice.address)).not.toEqual(stored);
});

it('a certificate that a node refuses is certified anew by the next login, although its own end has not come', async () => {
  const { clock, wallet, session } = await start();
  const { identity } = session;
  clock.advance(DAY_MS / 2);
  const token = await session.source.get();
  session.source.invalidate(token, 'CERTIFICATE_EXPIRED');
  await expect(session.source.get()).rejects.toMatchObject({ reason: 'CERTIFICATE_EXPIRED' });
  expect(session.status.reason).toBe('certificate-expired');
  const next = await session.login();
  expect(next.deviceId).toBe(identity?.deviceId);
  expect(exportIdentity(next)).not.toEqual(exportIdentity(identity!));
  expect(wallet.prompts).toBe(2);
  await session.source.get();
});

it('tokens of a session have its restrictions', async () => {
  const { clock, session } = await start({ audience: 'node.example:443' });
  const verifier = createVerifier({ now: clock.now });
  const authorization = `Bearer ${await session.source.get()}`;
  expect(() => verifier.verify(authorization)).toThrow(expect.objectContaining({ reason: 'WRONG_AUDIENCE' }));
});

it.each([0, 59_999, 1.5, '60000', null])('certificateValidForMs: %s is a TypeError', async (value) => {
  await expect(start({ certificateValidForMs: value as number })).rejects.toThrow(/certificateValidForMs/);
});
