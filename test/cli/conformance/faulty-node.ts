import { Metadata, Server, ServerCredentials, type handleUnaryCall } from '@grpc/grpc-js';
import { onTestFinished } from 'vitest';

import { AuthError, type AuthReason } from '../../../src/errors.js';
import { createGate } from '../../../src/gate/create-gate.js';
import type { GateOptions } from '../../../src/gate/options.js';
import { statusToSend } from '../../../src/grpc/status.js';
import { refusalDetails, refusalStatus } from '../../../src/status-details.js';
import { incomingCall } from '../../support/incoming-call.js';

/** The method of such a node. */
export const METHOD = 'notes.v1.NotesService/List';

/** What a call brought, and what an honest node answers. */
export interface Honest {
  readonly authorization: string | undefined;
  /** `undefined` if it admits the call. */
  readonly reason: AuthReason | undefined;
  readonly endMs: number | undefined;
  readonly info: Readonly<Record<string, string>>;
}

/** What the node answers instead. */
export type FaultyAnswer =
  | 'accept'
  | 'hang'
  | { readonly reason: AuthReason; readonly info?: Readonly<Record<string, string>> }
  | { readonly code: number; readonly message: string; readonly metadata?: Metadata }
  | { readonly endMs: number };

/** A fault: `undefined` for the honest answer. */
export type Fault = (honest: Honest) => FaultyAnswer | undefined;

/** Starts a grpc-js server of one unary method that decides by a real gate, but for its fault. Closed when the test has finished. @returns its address. */
export async function faultyNode(
  fault: Fault,
  options: GateOptions = {},
  credentials = ServerCredentials.createInsecure(),
): Promise<string> {
  const gate = createGate(options);
  type List = handleUnaryCall<Buffer, Buffer>;
  const list: List = (call, callback) => void answerTo(call, callback);
  const answerTo = async (...[call, callback]: Parameters<List>) => {
    const [authorization] = call.metadata.get('authorization').map(String);
    const decision = await gate.decide(incomingCall({ method: `/${METHOD}` }), authorization);
    const details = decision.admitted ? undefined : refusalDetails(decision.status.details);
    const honest: Honest = {
      authorization,
      reason: details?.reason,
      endMs: decision.admitted ? decision.expiresAtMs : undefined,
      info: details?.info ?? {},
    };
    const answer =
      fault(honest) ??
      (honest.reason === undefined ? { endMs: honest.endMs ?? 0 } : { ...honest, reason: honest.reason });
    if (answer === 'hang') return;
    if (answer === 'accept') return callback(null, Buffer.alloc(0));
    if ('reason' in answer)
      return callback(statusToSend(refusalStatus(new AuthError(answer.reason, { info: answer.info }), Date.now())));
    if ('code' in answer)
      return callback({ code: answer.code, details: answer.message, metadata: answer.metadata ?? new Metadata() });
    const metadata = new Metadata();
    metadata.set('wallet-token-expires-at-ms', String(answer.endMs));
    call.sendMetadata(metadata);
    return callback(null, Buffer.alloc(0));
  };

  const same = (content: Buffer) => content;
  const serializers = {
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  };
  const server = new Server();
  server.addService(
    { List: { path: `/${METHOD}`, requestStream: false, responseStream: false, ...serializers } },
    { List: list },
  );
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', credentials, (error, bound) => (error ? reject(error) : resolve(bound))),
  );
  onTestFinished(() => server.forceShutdown());
  return `127.0.0.1:${port}`;
}
