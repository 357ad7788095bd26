import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Metadata, ServerCredentials } from '@grpc/grpc-js';
import { describe, expect, it, onTestFinished } from 'vitest';

import { conformanceCases } from '../../../src/cli/conformance/cases.js';
import { groupOf } from '../../../src/cli/conformance/conformance-case.js';
import { reportOf, reportText, type ConformanceReport } from '../../../src/cli/conformance/report.js';
import { testNode, type TestNodeOptions } from '../../../src/cli/conformance/test-node.js';
import { startDemoNode } from '../../../src/cli/node/start-demo-node.js';
import { AuthError, type AuthReason } from '../../../src/errors.js';
import type { GateOptions } from '../../../src/gate/options.js';
import { makeCertificate } from '../../support/nginx.js';
import { bytes, concat, text, uint } from '../../support/raw-proto.js';
import { referenceAccepts } from '../../support/reference-node.js';
import { faultyNode, METHOD, type Fault } from './faulty-node.js';

const AUDIENCE = 'node.example:443';
const NAMED = { audience: AUDIENCE, challenge: { secret: 'a secret of thirty-two characters' } };

async function reportFor(address: string, options: Partial<TestNodeOptions> = {}): Promise<ConformanceReport> {
  const tested = { address, method: METHOD, profile: 'wallet-auth' as const, ...options };
  const cases = await testNode({
    audience: AUDIENCE,
    hasChallenges: false,
    tls: false,
    insecure: false,
    timeoutMs: 5_000,
    maxWaitMs: 60_000,
    wait: async () => undefined,
    ...tested,
  });
  return reportOf(tested, cases);
}

const namesOf = ({ cases }: ConformanceReport, verdict: string) =>
  cases.filter((each) => each.verdict === verdict).map(({ name }) => name);

describe('a node of this library conforms', { timeout: 30_000 }, () => {
  const demo = 'walletauth.demo.v1.DemoService/WhoAmI';
  const OPTIONS: [string, GateOptions, Partial<TestNodeOptions>][] = [
    ['with a name and challenges', NAMED, { hasChallenges: true }],
    ['that demands an audience', { ...NAMED, require: { audience: true } }, {}],
    ['that demands a challenge', { ...NAMED, require: { challenge: true } }, { hasChallenges: true }],
    [
      'with other limits of time',
      { ...NAMED, maxAgeMs: 60_000, maxFutureSkewMs: 0 },
      { maxAgeMs: 60_000, maxFutureSkewMs: 0 },
    ],
    ['whose clock is ten minutes ahead', { ...NAMED, now: () => new Date(Date.now() + 600_000) }, {}],
  ];

  it.each(OPTIONS)('%s, in all cases', async (_, auth, options) => {
    const node = await startDemoNode({ auth });
    onTestFinished(() => node.stop());
    const report = await reportFor(node.address, { ...options, method: demo });
    expect(namesOf(report, 'deviates')).toEqual([]);
    expect(namesOf(report, 'not judged')).toEqual([]);
    expect(report.conforms).toBe(true);
    expect(report.cases.every(({ by }) => by === 'reason')).toBe(true);
    expect(report.counts.conforms).toBe(conformanceCases.length + (options.hasChallenges ? 1 : 0));
  });

  it('without a name: what needs one is not judged', async () => {
    const node = await startDemoNode();
    onTestFinished(() => node.stop());
    const report = await reportFor(node.address, { audience: undefined, method: demo });
    expect(report.conforms).toBe(true);
    expect(namesOf(report, 'not judged')).toEqual(
      conformanceCases.filter(({ needs }) => needs !== undefined).map(({ name }) => name),
    );
  });

  it('that denies unknown wallets: what it would accept is not judged, and nothing is proven', async () => {
    const node = await startDemoNode({ auth: { ...NAMED, authorize: () => false } });
    onTestFinished(() => node.stop());
    const report = await reportFor(node.address, { method: demo });
    expect(namesOf(report, 'deviates')).toEqual([]);
    expect(report.conforms).toBe(false);
    expect(reportText(report)).toMatch(/nothing is proven/);
  });
});

/** Answers so where an honest node answers with the reason. */
const instead =
  (reason: AuthReason, answer: ReturnType<Fault>): Fault =>
  (honest) =>
    honest.reason === reason ? answer : undefined;
/** It tells its challenge in the beginning, and accepts any later. */
function acceptsLaterChallenges(): Fault {
  let told = 0;
  return ({ reason }) => (reason === 'CHALLENGE_REQUIRED' && told++ > 0 ? 'accept' : undefined);
}

/** A google.rpc.Status whose ErrorInfo has a reason and nothing else. */
function withoutTime(): Uint8Array {
  const info = concat(text(1, 'TOKEN_EXPIRED'), text(2, 'grpc-wallet-auth'));
  const any = concat(text(1, 'type.googleapis.com/google.rpc.ErrorInfo'), bytes(2, info));
  return concat(uint(1, 16), text(2, 'token expired'), bytes(3, any));
}

const statusOnly: Fault = ({ reason }) => {
  if (reason === undefined) return 'accept';
  return { code: new AuthError(reason).code, message: 'no' };
};

describe('a faulty node is convicted', { timeout: 30_000 }, () => {
  const FAULTS: [fault: string, Fault, convictedBy: string[]][] = [
    [
      'accepts expired tokens',
      instead('TOKEN_EXPIRED', 'accept'),
      ['times/expired', 'times/expired-long-ago', 'restrictions/ended'],
    ],
    [
      'accepts tokens from the future',
      instead('TOKEN_FROM_FUTURE', 'accept'),
      ['times/from-the-future', 'times/from-tomorrow'],
    ],
    [
      'accepts forged tokens',
      instead('INVALID_AUTH_DATA_SIGNATURE', 'accept'),
      ['signatures/of-another-device', 'signatures/high-s'],
    ],
    [
      'does not look who certified',
      instead('WALLET_MISMATCH', 'accept'),
      ['signatures/claims-another-wallet', 'certificates/end-not-signed'],
    ],
    [
      'ignores the audience',
      instead('WRONG_AUDIENCE', 'accept'),
      ['restrictions/audience-of-another-node', 'challenges/without-audience'],
    ],
    [
      'ignores methods',
      instead('ACCESS_DENIED', 'accept'),
      ['restrictions/method-of-another-name', 'restrictions/method-of-another-service'],
    ],
    [
      'ignores unknown restrictions',
      instead('UNSUPPORTED_RESTRICTION', 'accept'),
      ['restrictions/unknown', 'restrictions/proof-required'],
    ],
    ['ignores ends of certificates', instead('CERTIFICATE_EXPIRED', 'accept'), ['certificates/ended']],
    ['accepts stale challenges', acceptsLaterChallenges(), ['challenges/unknown']],
    [
      'needs no token',
      ({ authorization }) => (authorization === undefined ? 'accept' : undefined),
      ['credentials/none'],
    ],
    ['gives a wrong reason', instead('TOKEN_EXPIRED', { reason: 'TOKEN_FROM_FUTURE' }), ['times/expired']],
    [
      'gives a wrong message, and no reason',
      (honest) => (honest.reason === undefined ? 'accept' : { code: 16, message: 'token expired' }),
      ['credentials/none', 'signatures/high-s'],
    ],
    [
      'gives the status of another reason',
      ({ reason }) => (reason === undefined ? undefined : { code: 7, message: 'no' }),
      ['credentials/none', 'times/expired'],
    ],
    [
      'refuses everything',
      () => ({ reason: 'TOKEN_EXPIRED' }),
      ['credentials/good', 'credentials/none', 'addresses/lower-case'],
    ],
    [
      'accepts everything',
      () => 'accept',
      ['credentials/none', 'times/expired', 'signatures/zero', 'restrictions/strict-signed-as-usual'],
    ],
    ['fails inside', instead('MALFORMED_AUTH_DATA', { reason: 'INTERNAL' }), ['parts/auth-data-broken']],
    [
      'takes the scheme in one case only',
      (honest) => (honest.authorization?.startsWith('bearer') ? { reason: 'UNSUPPORTED_SCHEME' } : undefined),
      ['credentials/scheme-in-lower-case'],
    ],
    [
      'tells a later end',
      ({ endMs }) => (endMs === undefined ? undefined : { endMs: endMs + 3_600_000 }),
      ['restrictions/end-later', 'certificates/ends-later'],
    ],
    ['does not answer at times', instead('TOKEN_EXPIRED', 'hang'), ['times/expired']],
  ];

  it.each(FAULTS)('that %s', async (name, fault, convictedBy) => {
    const address = await faultyNode(fault, NAMED);
    const report = await reportFor(address, {
      timeoutMs: name === 'does not answer at times' ? 300 : 5_000,
      groups: convictedBy.map(groupOf),
    });
    expect(report.conforms).toBe(false);
    expect(namesOf(report, 'deviates')).toEqual(expect.arrayContaining(convictedBy));
  });

  it.each([
    ['accepts expired tokens', instead('TOKEN_EXPIRED', 'accept')],
    ['gives a wrong reason', instead('WALLET_MISMATCH', { reason: 'INVALID_WALLET_SIGNATURE' })],
  ])('that %s, and of nothing that it does right', async (_, fault) => {
    const report = await reportFor(await faultyNode(fault, NAMED));
    const wrong = report.cases.filter(({ verdict }) => verdict === 'deviates');
    const reason = wrong[0]?.expected[0];
    expect(wrong.every(({ expected }) => expected[0] === reason)).toBe(true);
    const printed = reportText(report);
    for (const { name } of wrong) expect(printed).toContain(name);
    expect(printed).toMatch(/does not conform$|does not conform\S*$/);
    expect(printed).not.toContain('Bearer');
  });

  it('that answers nothing: after three calls the rest is not tried', async () => {
    let calls = 0;
    const address = await faultyNode(() => (calls++, 'hang'));
    const report = await reportFor(address, { timeoutMs: 50 });
    expect(namesOf(report, 'deviates')).toEqual(conformanceCases.slice(0, 3).map(({ name }) => name));
    expect(calls).toBe(4);
    expect(report.conforms).toBe(false);
  });

  it('that hands out no challenge, where it is said to', async () => {
    const address = await faultyNode(() => undefined, { audience: AUDIENCE });
    expect(namesOf(await reportFor(address, { hasChallenges: true }), 'deviates')).toEqual(['challenges/handed-out']);
    const unsaid = await reportFor(address);
    expect(unsaid.conforms).toBe(true);
    expect(namesOf(unsaid, 'not judged')).toEqual([
      'challenges/current',
      'challenges/unknown',
      'challenges/without-audience',
    ]);
  });

  it('whose refusals do not tell its time', async () => {
    const address = await faultyNode(({ reason }) => {
      if (reason !== 'TOKEN_EXPIRED') return undefined;
      const metadata = new Metadata();
      metadata.set('grpc-status-details-bin', Buffer.from(withoutTime()));
      return { code: 16, message: 'token expired', metadata };
    }, NAMED);
    const report = await reportFor(address);
    expect(report.cases.find(({ name }) => name === 'times/expired')).toMatchObject({
      verdict: 'deviates',
      why: 'its ErrorInfo has no server_time_ms',
    });
  });
});

describe('a node in another language, without ErrorInfo', { timeout: 30_000 }, () => {
  it('is judged by its messages, where they are those of the protocol', async () => {
    const address = await faultyNode(({ reason }) => {
      if (reason === undefined) return undefined;
      const { code, message } = new AuthError(reason);
      return { code, message };
    }, NAMED);
    const report = await reportFor(address);
    expect(report.conforms).toBe(true);
    expect(new Set(report.cases.map(({ by }) => by))).toEqual(new Set(['reason', 'message', undefined]));
  });

  it('is judged by its statuses, where it has messages of its own, and the report counts them', async () => {
    const report = await reportFor(await faultyNode(statusOnly, NAMED));
    expect(report.conforms).toBe(true);
    expect(reportText(report)).toMatch(/\(\d+ by the status alone\)/);
  });

  it('of 2022 conforms to the profile xmtp, and not to ours', async () => {
    const old: Fault = ({ authorization }) =>
      referenceAccepts(authorization, Date.now()) ? 'accept' : { code: 16, message: 'no' };
    const address = await faultyNode(old);
    const report = await reportFor(address, { profile: 'xmtp' });
    expect(namesOf(report, 'deviates')).toEqual([]);
    expect(report.conforms).toBe(true);
    const ours = await reportFor(address);
    expect(namesOf(ours, 'deviates')).toEqual(
      expect.arrayContaining(['restrictions/audience-of-another-node', 'restrictions/strict', 'times/from-tomorrow']),
    );
  });
});

describe('a node that limits calls', { timeout: 30_000 }, () => {
  it('is waited for, as long as it says', async () => {
    let calls = 0;
    const waits: number[] = [];
    const address = await faultyNode(
      () => (++calls % 10 === 0 ? { reason: 'RATE_LIMITED', info: { retry_after_ms: '700' } } : undefined),
      NAMED,
    );
    const report = await reportFor(address, { wait: async (ms) => void waits.push(ms) });
    expect(report.conforms).toBe(true);
    expect(namesOf(report, 'not judged')).toEqual([]);
    expect(waits.length).toBeGreaterThan(10);
    expect(new Set(waits)).toEqual(new Set([700]));
  });

  it('is waited for no longer than allowed in all: the rest is not judged', async () => {
    const waits: number[] = [];
    const address = await faultyNode(
      ({ reason }) => (reason === undefined ? undefined : { reason: 'RATE_LIMITED', info: { retry_after_ms: '400' } }),
      NAMED,
    );
    const report = await reportFor(address, { maxWaitMs: 1_000, wait: async (ms) => void waits.push(ms) });
    expect(waits).toEqual([400, 400]);
    expect(namesOf(report, 'deviates')).toEqual([]);
    expect(namesOf(report, 'not judged')).toContain('times/expired');
    expect(report.conforms).toBe(false);
  });

  it('without saying how long is waited for a second at a time', async () => {
    let calls = 0;
    const waits: number[] = [];
    const address = await faultyNode(() => (++calls === 2 ? { code: 8, message: 'slow down' } : undefined), NAMED);
    const report = await reportFor(address, { wait: async (ms) => void waits.push(ms) });
    expect(report.conforms).toBe(true);
    expect(waits).toEqual([1_000]);
  });
});

describe('a node behind TLS', () => {
  const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

  it.skipIf(!hasOpenssl)('is tested with the certificate of its own authority, and with no other', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'conformance-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const { certificateFile, keyFile, pem } = makeCertificate(folder);
    const pair = { cert_chain: pem, private_key: readFileSync(keyFile) };
    const address = await faultyNode(() => undefined, NAMED, ServerCredentials.createSsl(null, [pair]));
    const target = address.replace('127.0.0.1', 'localhost');
    expect((await reportFor(target, { caFile: certificateFile })).conforms).toBe(true);
    await expect(reportFor(target, { tls: true })).rejects.toThrow(/^the node cannot be called: /);
    await expect(reportFor(target, { caFile: keyFile })).rejects.toThrow('--ca-file has no certificates in PEM');
    await expect(reportFor(target, { caFile: certificateFile, insecure: true })).rejects.toThrow(
      /--ca-file does not go/,
    );
  });
});

describe('what cannot be tested is an error', () => {
  it.each([
    [
      'a node that demands an audience, without its name',
      () => ({ ...NAMED, require: { audience: true } }),
      /^the node demands an audience: give --audience/,
    ],
  ])('%s', async (_, options, complaint) => {
    const address = await faultyNode(() => undefined, options());
    await expect(reportFor(address, { audience: undefined })).rejects.toThrow(complaint);
  });

  it('no node there', async () => {
    await expect(reportFor('127.0.0.1:1')).rejects.toThrow(/^the node cannot be called: /);
  });

  it('no such method there', async () => {
    const address = await faultyNode(() => undefined);
    await expect(reportFor(address, { method: 'notes.v1.NotesService/None' })).rejects.toThrow(
      /^the node has no such method: /,
    );
  });
});
