import { Metadata, status as Status, type CallOptions, type ServiceError } from '@grpc/grpc-js';

import type {
  ChatResponse,
  CountUpResponse,
  DemoService,
  WhoAmIResponse,
} from '../../../gen/walletauth/demo/v1/demo_pb.js';
import type { GrpcClient } from '../../grpc/client/grpc-client.js';
import { authReasonOf } from '../../grpc/status.js';

/** A client of the demo node. */
export type DemoClient = GrpcClient<typeof DemoService>;

/** The outcome of a call. */
export interface Outcome {
  /** The name of the gRPC status. */
  readonly status: string;
  /** A short form of the response; or the reason, if it was refused. */
  readonly detail: string;
}

/** Makes one call to its end and returns a short form of the response. Rejects with a ServiceError. */
export type DemoCall = (client: DemoClient, metadata?: Metadata) => Promise<string>;

/** A call of each of the four kinds, by the kind's name. */
export const callKinds: ReadonlyMap<string, DemoCall> = new Map<string, DemoCall>([
  ['unary call', async (client, metadata) => short((await whoAmI(client, metadata)).wallet)],
  ['client stream', collectNotes],
  ['server stream', countUp],
  ['two-way stream', chat],
]);

/** Waits for a call; never rejects. */
export async function outcomeOf(call: Promise<string>): Promise<Outcome> {
  try {
    return { status: 'OK', detail: await call };
  } catch (error) {
    const { code, details } = error as ServiceError;
    return { status: Status[code], detail: authReasonOf(error) ?? details };
  }
}

/** Calls WhoAmI. */
export function whoAmI(client: DemoClient, metadata = new Metadata()): Promise<WhoAmIResponse> {
  return new Promise((resolve, reject) => {
    client.whoAmI({}, metadata, withDeadline(), (error, answer) => (answer ? resolve(answer) : reject(error)));
  });
}

/** The beginning and the end of an address, as wallets show it. */
export function short(wallet: string): string {
  return `${wallet.slice(0, 6)}…${wallet.slice(-4)}`;
}

function collectNotes(client: DemoClient, metadata = new Metadata()): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = client.collectNotes(metadata, withDeadline(), (error, answer) =>
      answer ? resolve(`${short(answer.wallet)}, ${answer.count} notes`) : reject(error),
    );
    for (const text of ['one', 'two', 'three']) call.write({ text });
    call.end();
  });
}

async function countUp(client: DemoClient, metadata = new Metadata()): Promise<string> {
  const answers: AsyncIterable<CountUpResponse> = client.countUp({ limit: 3 }, metadata, withDeadline());
  const numbers: number[] = [];
  let wallet = '';
  for await (const answer of answers) {
    numbers.push(answer.number);
    wallet = answer.wallet;
  }
  return `${short(wallet)}, ${numbers.join(' ')}`;
}

async function chat(client: DemoClient, metadata = new Metadata()): Promise<string> {
  const call = client.chat(metadata, withDeadline());
  call.write({ text: 'hello' });
  call.end({ text: 'bye' });
  const texts: string[] = [];
  let wallet = '';
  for await (const answer of call as AsyncIterable<ChatResponse>) {
    texts.push(answer.text);
    wallet = answer.wallet;
  }
  return `${short(wallet)}, ${texts.join(' ')}`;
}

/** A deadline, so that a call without a response fails instead of blocking the demo. */
function withDeadline(): CallOptions {
  return { deadline: Date.now() + 5_000 };
}
