import { mkdtempSync, rmSync } from 'node:fs';
import type { OutgoingHttpHeaders } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Server, ServerCredentials } from '@grpc/grpc-js';
import { describe, expect, it, onTestFinished } from 'vitest';

import type { DecisionEvent } from '../../src/gate/decision.js';
import { walletAuth } from '../../src/grpc/server/wallet-auth.js';
import { refusalDetails } from '../../src/status-details.js';
import { definition } from '../support/demo-server.js';
import { nginxIsMissing, nginxNote, startNginx } from '../support/nginx.js';
import type { RawAnswer } from '../support/raw-http2.js';
import { now, tokens } from '../support/tokens.js';
import { CALLER, nodeBehindNginx, OTHER_CALLER, PROXY, whoAmI, type ProxiedNode } from './through-nginx.js';

const good = { authorization: tokens.good };
const forged = { authorization: tokens.forged };
/** What a caller writes who wants to pass for another. */
const lies = (headers: OutgoingHttpHeaders, address = '198.51.100.1') => ({ ...headers, 'x-forwarded-for': address });
const reasonOf = ({ details }: RawAnswer) => refusalDetails(details)?.reason;

/** The reasons of calls that are made one after the other. */
async function reasons(
  { whoAmIFrom }: ProxiedNode,
  ...calls: readonly (readonly [from: string, headers: OutgoingHttpHeaders])[]
) {
  const found = [];
  for (const [from, headers] of calls) found.push(reasonOf(await whoAmIFrom(from, headers)));
  return found;
}

describe.skipIf(nginxIsMissing)(`addresses behind nginx${nginxNote}`, () => {
  const trustedProxies = [PROXY];

  it('hooks see the caller, not the proxy, whatever the caller writes in x-forwarded-for', async () => {
    const seen: unknown[] = [];
    const authorize = (_: unknown, { address }: { address: string | undefined }) => (seen.push(address), true);
    const proxied = await nodeBehindNginx({ trustedProxies, authorize });
    await reasons(proxied, [CALLER, good], [OTHER_CALLER, good], [CALLER, lies(good)], [CALLER, lies(good, PROXY)]);
    expect(seen).toEqual([CALLER, OTHER_CALLER, CALLER, CALLER]);
  });

  it('the header arrives with the caller’s address behind what the caller wrote', async () => {
    const seen: unknown[] = [];
    const authorize = (_: unknown, call: { header(name: string): readonly string[] }) => {
      seen.push(call.header('x-forwarded-for'));
      return true;
    };
    const proxied = await nodeBehindNginx({ trustedProxies, authorize });
    await reasons(proxied, [CALLER, good], [CALLER, lies(good, '198.51.100.1, 127.0.0.1')]);
    expect(seen).toEqual([[CALLER], [`198.51.100.1, 127.0.0.1, ${CALLER}`]]);
  });

  it('without trustedProxies every caller has the address of the proxy', async () => {
    const proxied = await nodeBehindNginx({ access: { deny: [PROXY] } });
    expect(await reasons(proxied, [CALLER, good], [OTHER_CALLER, lies(good)])).toEqual([
      'ACCESS_DENIED',
      'ACCESS_DENIED',
    ]);
  });

  it('a deny list acts on the caller, and no forged x-forwarded-for gets around it', async () => {
    const proxied = await nodeBehindNginx({ trustedProxies, access: { deny: [CALLER] } });
    const calls = [
      [CALLER, good],
      [CALLER, lies(good)],
      [CALLER, lies(good, OTHER_CALLER)],
      [OTHER_CALLER, good],
      [OTHER_CALLER, lies(good, CALLER)], // nor does one deny another caller
    ] as const;
    const denied = 'ACCESS_DENIED';
    expect(await reasons(proxied, ...calls)).toEqual([denied, denied, denied, undefined, undefined]);
  });

  it('an allow list acts on the caller, and no forged x-forwarded-for gets onto it', async () => {
    const proxied = await nodeBehindNginx({ trustedProxies, access: { allow: [CALLER] } });
    const calls = [
      [CALLER, good],
      [OTHER_CALLER, good],
      [OTHER_CALLER, lies(good, CALLER)],
    ] as const;
    expect(await reasons(proxied, ...calls)).toEqual([undefined, 'ACCESS_DENIED', 'ACCESS_DENIED']);
  });

  it('failedTokenLimit blocks the caller that sent forged tokens, under every name that it gives itself', async () => {
    const proxied = await nodeBehindNginx({ trustedProxies, failedTokenLimit: { failures: 2 } });
    const calls = [
      [CALLER, forged],
      [CALLER, lies(forged)],
      [CALLER, lies(good, '198.51.100.2')],
      [OTHER_CALLER, good],
    ] as const;
    const failed = 'INVALID_AUTH_DATA_SIGNATURE';
    expect(await reasons(proxied, ...calls)).toEqual([failed, failed, 'RATE_LIMITED', undefined]);
  });

  it('limits.beforeAuthentication counts each caller, under every name that it gives itself', async () => {
    const beforeAuthentication = { points: 2, windowMs: 60_000 };
    const limits = { classes: { default: { points: 100, windowMs: 60_000 } }, beforeAuthentication };
    const proxied = await nodeBehindNginx({ trustedProxies, limits });
    const calls = [
      [CALLER, good],
      [CALLER, lies(good)],
      [CALLER, lies(good, '198.51.100.2')],
      [OTHER_CALLER, good],
    ] as const;
    expect(await reasons(proxied, ...calls)).toEqual([undefined, undefined, 'RATE_LIMITED', undefined]);
  });

  it('a caller on the proxy’s own machine is believed: its address is one of trustedProxies', async () => {
    const proxied = await nodeBehindNginx({ trustedProxies, access: { deny: ['198.51.100.1'] } });
    expect(await reasons(proxied, [PROXY, good], [PROXY, lies(good)])).toEqual([undefined, 'ACCESS_DENIED']);
  });

  it('the same where nginx calls the node by a Unix socket', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'unix-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const events: DecisionEvent[] = [];
    const onDecision = (event: DecisionEvent) => void events.push(event);
    const auth = walletAuth({ now, trustedProxies: ['unix'], access: { deny: [CALLER] }, onDecision });
    const server = new Server({ interceptors: [auth] });
    server.addService({ whoAmI: definition.whoAmI }, { whoAmI: (_: unknown, answer: Function) => answer(null, {}) });
    const target = `unix:${join(folder, 'node.sock')}`;
    await new Promise<void>((resolve, reject) => {
      server.bindAsync(target, ServerCredentials.createInsecure(), (error) => (error ? reject(error) : resolve()));
    });
    onTestFinished(() => server.forceShutdown());
    const nginx = await startNginx('grpc.conf', { replace: { '127.0.0.1:50051': target } });
    expect(reasonOf(await whoAmI(nginx, CALLER, lies(good)))).toBe('ACCESS_DENIED');
    expect((await whoAmI(nginx, OTHER_CALLER, lies(good, CALLER))).status).toBe(0);
    expect(events.map(({ decision }) => decision)).toEqual(['refused', 'admitted']);
  });
});
