import { Code } from '@connectrpc/connect';
import { describe, expect, it } from 'vitest';

import type { AccessSubject } from '../../src/gate/access/access-list.js';
import { HARD_CLOSE_AFTER_MS } from '../../src/gate/steps/hard-close.js';
import { fakeDevices } from '../../src/testing/fake-devices.js';
import { mintIdentity } from '../../src/testing/mint-identity.js';
import { testWallets } from '../../src/testing/test-wallets.js';
import { methodOf, statusOf } from './calls.js';
import type { Protocol, Transport } from './node.js';
import { startNode, type NodeOptions, type StartedNode } from './start.js';

const HOUR_MS = 3_600_000;
const GRACE_MS = 30_000;
const bidi = methodOf['bidi stream'];
const alice = testWallets.alice.address;

/** What must hold for streams that stay open. Chats need HTTP/2; what the server alone streams does not. */
export function streamCases(transport: Transport, protocol: Protocol): void {
  if (protocol.httpVersion === '2') chatCases(transport, protocol);
  serverStreamCases(transport, protocol);
}

function chatCases(transport: Transport, protocol: Protocol): void {
  const start = (options?: NodeOptions) => startNode(transport, protocol, options);

  describe('an open chat', () => {
    /** A node with a chat whose first line has been answered. */
    async function open(options?: NodeOptions) {
      const node = await start(options);
      return { ...node, ...(await node.chat(node.fresh())) };
    }

    /** That the chat ended for a reason, that its handler learned it, once, and the operator too. */
    async function expectEnd(chat: Awaited<ReturnType<typeof open>>, reason: string) {
      expect(await chat.ended).toMatchObject({ reason });
      await new Promise(setImmediate);
      expect(chat.aborted()).toBe(1);
      expect(chat.events.filter(({ decision }) => decision === 'ended')).toMatchObject([{ reason, method: bidi }]);
    }

    it('outlives its token by a grace period, when its device presents no newer one', async () => {
      const chat = await open();
      chat.clock.advance(HOUR_MS + GRACE_MS - 1);
      await chat.line('still here');
      chat.clock.advance(1);
      await expectEnd(chat, 'TOKEN_EXPIRED');
      expect(chat.heard).toEqual(['hello', 'still here']);
    });

    it('goes on while its device presents good tokens, on whatever call', async () => {
      const chat = await open();
      for (let i = 0; i < 3; i++) {
        chat.clock.advance(HOUR_MS - 1_000);
        expect((await chat.call('unary', chat.fresh())).reason).toBeUndefined();
      }
      await chat.line('three hours later');
      chat.clock.advance(HOUR_MS + GRACE_MS);
      await expectEnd(chat, 'TOKEN_EXPIRED');
    });

    it('ends with its token where the method is until-expiry', async () => {
      const chat = await open({ rules: { [bidi]: { stream: 'until-expiry' } } });
      chat.clock.advance(HOUR_MS + 1);
      await expectEnd(chat, 'TOKEN_EXPIRED');
    });

    it.each<[string, NodeOptions['rules']]>([
      ['at-open', { '*': { stream: 'at-open' } }],
      ['public', { '*': 'public' }],
    ])('has no end where the method is %s', async (_, rules) => {
      const chat = await open({ rules });
      chat.clock.advance(1_000 * HOUR_MS);
      await chat.line('days later');
      chat.hangUp();
      expect(await chat.ended).toMatchObject({ code: undefined });
    });

    it('ends when its device is revoked, silent as it is', async () => {
      const { devices, clock } = await fakeDevices();
      const chat = await open({ devices, clock });
      await devices.revoke(mintIdentity().deviceId);
      await expectEnd(chat, 'DEVICE_REVOKED');
      expect((await chat.call('unary', chat.fresh())).reason).toBe('DEVICE_REVOKED');
      await devices.close();
    });

    it('ends when its caller is denied meanwhile, silent as it is', async () => {
      const denied = new Set<string>();
      const deny = { size: 1, has: ({ wallet }: AccessSubject) => denied.has(wallet ?? ''), hasAddresses: false };
      const chat = await open({ access: { deny }, streamRecheckMs: 5_000 });
      denied.add(alice);
      chat.clock.advance(5_000);
      await expectEnd(chat, 'ACCESS_DENIED');
    });

    it('ends at a message that is one too many', async () => {
      const limits = { classes: { default: { points: 3, windowMs: 60_000 } } };
      const chat = await open({ limits, rules: { [bidi]: { chargeMessages: true } } });
      await chat.line('two');
      await chat.line('three');
      chat.say('four');
      await expectEnd(chat, 'RATE_LIMITED');
      expect(chat.heard).toEqual(['hello', 'two', 'three']);
    });

    it('ends at a message that names another wallet', async () => {
      const own = { ownWallet: ['text'] };
      const chat = await start({ rules: { [bidi]: own } });
      expect(await chat.call('bidi stream', chat.fresh())).toMatchObject({
        reason: 'ACCESS_DENIED',
        message: 'text must be your own wallet address',
        wallets: [],
      });
    });

    it('lets its handler have a last word before it ends', async () => {
      const chat = await start();
      chat.own.chat = async function* ({ lease }, requests) {
        yield* lastWords(lease, requests);
      };
      const { heard, ended } = await chat.chat(chat.fresh());
      chat.clock.advance(HOUR_MS + 1);
      await expect.poll(() => heard).toEqual(['hello', 'come back']);
      chat.clock.advance(GRACE_MS);
      expect(await ended).toMatchObject({ reason: 'TOKEN_EXPIRED' });
    });

    it.each(['hangUp', 'cancel'] as const)(
      'leaves nothing behind in the gate when its client ends it: %s',
      async (how) => {
        const { devices, clock } = await fakeDevices();
        const chat = await open({ devices, clock });
        const id = mintIdentity().deviceId;
        expect(devices.get(id)?.openStreams).toBe(1);
        chat[how]();
        expect(await chat.ended).toMatchObject({ code: how === 'cancel' ? Code.Canceled : undefined });
        await expect.poll(() => devices.get(id)?.openStreams).toBe(0);
        chat.clock.advance(HOUR_MS + GRACE_MS);
        expect(chat.events.filter(({ decision }) => decision === 'ended')).toEqual([]);
        await devices.close();
      },
    );
  });
}

function serverStreamCases(transport: Transport, protocol: Protocol): void {
  const start = (options?: NodeOptions) => startNode(transport, protocol, options);

  describe('a stream of the server', () => {
    // a node whose stream says one thing, then waits for its end
    async function open(options?: NodeOptions) {
      const node = await start(options);
      node.own.countUp = async function* ({ signal }) {
        yield { wallet: 'first', number: 1 };
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      };
      return { node, stream: openStream(node) };
    }

    it('ends with a status while its handler waits', async () => {
      const { node, stream } = await open({ rules: { '*': { stream: 'until-expiry' } } });
      await stream.first;
      node.clock.advance(HOUR_MS + 1);
      expect(await stream.ended).toMatchObject({ reason: 'TOKEN_EXPIRED' });
      await expect.poll(() => node.aborted()).toBe(1);
    });

    it('is not closed hard when its caller took the status', async () => {
      const { devices, clock } = await fakeDevices();
      const { node, stream } = await open({ devices, clock });
      await stream.first;
      await devices.revoke(mintIdentity().deviceId);
      expect(await stream.ended).toMatchObject({ reason: 'DEVICE_REVOKED' });
      await new Promise(setImmediate);
      clock.advance(HARD_CLOSE_AFTER_MS);
      expect(node.running.facts.hardCloses).toBe(0);
      await devices.close();
    });
  });
}

/** A stream of the server whose first message can be waited for. */
function openStream(node: StartedNode) {
  const wallets: string[] = [];
  let began = () => undefined as void;
  const first = new Promise<void>((resolve) => (began = resolve));
  const ended = (async () => {
    try {
      for await (const { wallet } of node.connection.client.countUp({ limit: 1 }, { headers: node.fresh() })) {
        wallets.push(wallet);
        began();
      }
      return statusOf(undefined);
    } catch (error) {
      return statusOf(error);
    }
  })();
  return { wallets, first, ended };
}

// echoes what comes, and has a last word
async function* lastWords(
  lease: Parameters<NonNullable<StartedNode['own']['chat']>>[0]['lease'],
  requests: AsyncIterable<{ text: string }>,
) {
  const lapsing = new Promise<'lapsing'>((resolve) => lease.onLapsing(() => resolve('lapsing')));
  const source = requests[Symbol.asyncIterator]();
  let pending = source.next();
  for (let isWarned = false; ;) {
    const next = await (isWarned ? pending : Promise.race([lapsing, pending]));
    if (next === 'lapsing') {
      isWarned = true;
      yield { wallet: alice, text: 'come back' };
    } else if (next.done === true) return;
    else {
      pending = source.next();
      yield { wallet: alice, text: next.value.text };
    }
  }
}
