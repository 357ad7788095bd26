import { credentials, type ChannelCredentials } from '@grpc/grpc-js';

import { isLoopbackTarget } from '../../client/loopback.js';
import { readInput } from '../files.js';
import { UsageError } from '../flags.js';
import { guardGrpcLog } from '../node/grpc-log.js';
import { openMethod } from './call-method.js';
import type { CaseResult } from './report.js';
import { runConformance, type ConformanceOptions } from './run-conformance.js';

/** A node, how to reach it and how to test it. */
export interface TestNodeOptions extends Omit<ConformanceOptions, 'call' | 'nowMs'> {
  /** `host:port`. */
  readonly address: string;
  /** Whether to speak TLS to this machine. Other machines get TLS unless `insecure`. */
  readonly tls: boolean;
  readonly insecure: boolean;
  /** A file of certificates in PEM. Default: those of the system. */
  readonly caFile?: string | undefined;
  /** How long one call may take, in milliseconds. */
  readonly timeoutMs: number;
}

const MAX_CA_BYTES = 1_048_576;

/**
 * Tests a running node over one connection, and closes it.
 * @throws UsageError if the options do not go together, CannotTestError in one line if it cannot be tested so.
 */
export async function testNode(options: TestNodeOptions): Promise<CaseResult[]> {
  const { address, method, timeoutMs } = options;
  guardGrpcLog();
  const { call, close } = openMethod({ address, credentials: await credentialsOf(options), method, timeoutMs });
  try {
    return await runConformance({ ...options, call, nowMs: () => Date.now() });
  } finally {
    close();
  }
}

async function credentialsOf({ address, tls, insecure, caFile }: TestNodeOptions): Promise<ChannelCredentials> {
  if (tls && insecure) throw new UsageError('--tls and --insecure exclude each other');
  const isPlain = !tls && caFile === undefined && (insecure || isLoopbackTarget(address));
  if (isPlain) return credentials.createInsecure();
  if (insecure) throw new UsageError('--ca-file does not go with --insecure');
  if (caFile === undefined) return credentials.createSsl();
  const pem = Buffer.from(await readInput(caFile, MAX_CA_BYTES));
  if (pem.includes('-----BEGIN CERTIFICATE-----')) return credentials.createSsl(pem);
  throw new UsageError('--ca-file has no certificates in PEM');
}
