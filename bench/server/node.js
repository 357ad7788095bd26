import { Server, ServerCredentials, ServerInterceptingCall } from '@grpc/grpc-js';
import { grpcServiceDefinition, walletAuth } from 'grpc-wallet-auth/grpc';
import { DemoService } from 'grpc-wallet-auth/proto';

/** A node in a process of its own. It sends its port to the parent, then answers every message with its CPU time so far, in µs. */
const interceptors = {
  without: () => [],
  idle: () => [(_method, call) => new ServerInterceptingCall(call)],
  with: () => [walletAuth()],
}[process.argv[2]]();
const server = new Server({ interceptors });

server.addService(grpcServiceDefinition(DemoService), {
  whoAmI: (_call, answer) => answer(null, { wallet: '0x', deviceId: 'device' }),
  countUp(call) {
    for (let number = 1; number <= call.request.limit; number++) call.write({ wallet: '0x', number });
    call.end();
  },
  collectNotes: (_call, answer) => answer(null, {}),
  chat: (call) => call.end(),
});

server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  process.send(port);
  process.on('message', () => {
    const { user, system } = process.cpuUsage();
    process.send(user + system);
  });
});
