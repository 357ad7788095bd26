import { monitorEventLoopDelay } from 'node:perf_hooks';

import { Server, ServerCredentials } from '@grpc/grpc-js';
import { nobleCurve } from 'grpc-wallet-auth';
import { nativeCurve } from 'grpc-wallet-auth/curves';
import { grpcServiceDefinition, walletAuth } from 'grpc-wallet-auth/grpc';
import { DemoService } from 'grpc-wallet-auth/proto';

/** The flooded node. It sends its port to the parent, and on request its longest stall and the count of its decisions. */
const [curve, limit, queue] = process.argv.slice(2);
const decisions = {};
const delay = monitorEventLoopDelay({ resolution: 1 });

const auth = walletAuth({
  curve: curve === 'native' ? nativeCurve() : nobleCurve,
  failedTokenLimit: limit === 'on' ? {} : undefined,
  verificationQueue: queue === 'on' ? {} : false,
  onDecision({ decision, reason }) {
    decisions[reason ?? decision] = (decisions[reason ?? decision] ?? 0) + 1;
  },
});
const server = new Server({ interceptors: [auth] });
server.addService(grpcServiceDefinition(DemoService), {
  whoAmI: (_call, answer) => answer(null, { wallet: '0x', deviceId: 'device' }),
  countUp: (call) => call.end(),
  collectNotes: (_call, answer) => answer(null, {}),
  chat: (call) => call.end(),
});
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  process.send(port);
});
process.on('message', (message) => {
  if (message === 'begin') {
    delay.enable();
    for (const reason of Object.keys(decisions)) delete decisions[reason];
  } else process.send({ longestStallMs: delay.max / 1e6, decisions });
});
