import { setTimeout as delay } from 'node:timers/promises';

import { asciiJson, asciiText } from '../ascii.js';
import { conformanceCases } from '../conformance/cases.js';
import { groupOf } from '../conformance/conformance-case.js';
import type { Profile } from '../conformance/judge.js';
import { UsageError, command, durationFlag, integerFlag } from '../flags.js';
import { loadWithPeers } from '../load-with-peers.js';
import { readPrivateKey } from '../secrets.js';
import { methodFlag } from '../verifier-flags.js';

const HELP = `\
Tests a running node, in whatever language it is written: makes each kind of good and of bad token for the present time,
calls one method with it, and prints which answers differ from PROTOCOL.md.

Usage: wallet-auth conformance <host:port> --method <method> [options]

The method must be unary and must demand a token; it is called about 150 times with an empty message, and some of
the calls reach its handler. Every run uses a new wallet, unless --key-file gives one. Answers are
judged by the reason in google.rpc.ErrorInfo; where a node sends none, by status and message, as far as they tell.
RATE_LIMITED is waited out. What could not be tried is listed as not judged.
Needs: npm install @grpc/grpc-js

Exit code 0 if no answer differs, a good token was accepted and a call without one refused; 1 if not; 2 for wrong usage,
and where the node cannot be called.

Options
  --method <method>   the method: package.Service/Method
  --profile <name>    wallet-auth, the default; or xmtp for a node of 2022, which ignores restrictions
  --audience <name>   a name of the node: tries what is meant for it, and challenges
  --challenge         the node hands out challenges: if it does not, it deviates; goes with --audience
  --only <group>      tries this group of cases alone, such as times; may be repeated
  --key-file <file>   the private key of a wallet that the node admits, 64 hex digits; - for standard input
  --max-age-ms <ms>   oldest token that the node accepts; default 3600000 (one hour)
  --max-future-skew-ms <ms>  how far in the future one may be made; default 60000 (one minute)
  --timeout <time>    how long one call may take; default 10s
  --max-wait <time>   how long to wait for rate limits in all; default 2m
  --tls               speaks TLS to this machine, too; to others always
  --ca-file <file>    the certificates of authorities to trust, in PEM, in place of the system's; goes with TLS
  --insecure          speaks plaintext to another machine: the tokens are of no use to anybody, unless with --key-file
  --json              prints { address, method, profile, conforms, counts, cases }

Examples
  npx grpc-wallet-auth conformance 127.0.0.1:50051 --method walletauth.demo.v1.DemoService/WhoAmI
  npx grpc-wallet-auth conformance node.example:443 --method notes.v1.NotesService/List --audience node.example:443 --json`;

/** `wallet-auth conformance`. */
export const run = command({
  help: HELP,
  options: {
    method: { type: 'string' },
    profile: { type: 'string' },
    audience: { type: 'string' },
    challenge: { type: 'boolean' },
    only: { type: 'string', multiple: true },
    'key-file': { type: 'string' },
    'max-age-ms': { type: 'string' },
    'max-future-skew-ms': { type: 'string' },
    timeout: { type: 'string' },
    'max-wait': { type: 'string' },
    tls: { type: 'boolean' },
    'ca-file': { type: 'string' },
    insecure: { type: 'boolean' },
    json: { type: 'boolean' },
  },
  takesArguments: true,
  async run(values, [address, ...others]) {
    const { audience, challenge: hasChallenges = false, 'key-file': keyFile, 'ca-file': caFile } = values;
    if (address === undefined) throw new UsageError('no node: give <host:port>');
    if (others.length > 0) throw new UsageError('expected one node; see --help');
    if (values.method === undefined) throw new UsageError('no method: give --method package.Service/Method');
    if (hasChallenges && audience === undefined) throw new UsageError('--challenge goes with --audience');
    const tested = { address, method: methodFlag(values.method), profile: profileFlag(values.profile) };
    const options = {
      ...tested,
      audience,
      hasChallenges,
      groups: groupsFlag(values.only),
      tls: values.tls ?? false,
      insecure: values.insecure ?? false,
      caFile,
      wallet: keyFile === undefined ? undefined : await readPrivateKey(keyFile),
      maxAgeMs: integerFlag('--max-age-ms', values['max-age-ms']),
      maxFutureSkewMs: integerFlag('--max-future-skew-ms', values['max-future-skew-ms']),
      timeoutMs: durationFlag('--timeout', values.timeout ?? '10s'),
      maxWaitMs: durationFlag('--max-wait', values['max-wait'] ?? '2m'),
      wait: (ms: number) => delay(ms),
    };
    const { testNode } = await loadWithPeers('@grpc/grpc-js', () => import('../conformance/test-node.js'));
    const { reportOf, reportText } = await import('../conformance/report.js');
    const report = reportOf(tested, await testNode(options));
    console.log(values.json ? asciiJson(report) : reportText(report));
    return report.conforms ? 0 : 1;
  },
});

function profileFlag(name = 'wallet-auth'): Profile {
  if (name === 'wallet-auth' || name === 'xmtp') return name;
  throw new UsageError(`--profile must be wallet-auth or xmtp, not ${asciiText(name.slice(0, 20))}`);
}

function groupsFlag(groups: readonly string[] | undefined): readonly string[] | undefined {
  const known = [...new Set(conformanceCases.map(({ name }) => groupOf(name)))];
  if (groups?.every((group) => known.includes(group)) !== false) return groups;
  throw new UsageError(`--only must be one of ${known.join(', ')}`);
}
