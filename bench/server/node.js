import { createServer } from 'node:http2';

import { connectNodeAdapter } from '@connectrpc/connect-node';
import { Server, ServerCredentials, ServerInterceptingCall } from '@grpc/grpc-js';
import { walletAuth as connectAuth } from 'grpc-wallet-auth/connect';
import { grpcServiceDefinition, walletAuth } from 'grpc-wallet-auth/grpc';
import { DemoService } from 'grpc-wallet-auth/proto';

/**
 * A node in a process of its own, on grpc-js or on Connect. It sends its port to the parent. Each message switches to a variant, in
 * this process and on the connections that there are, and is answered with the CPU time so far, in µs.
 */
let variant = 'without';
const listen = { grpc: serveGrpc, connect: serveConnect }[process.argv[2]];

listen((port) => {
  process.send(port);
  process.on('message', (next) => {
    variant = next;
    const { user, system } = process.cpuUsage();
    process.send(user + system);
  });
});

function serveGrpc(listening) {
  const variants = {
    without: (_method, call) => call, // as if there were no interceptor
    idle: (_method, call) => new ServerInterceptingCall(call),
    with: walletAuth(),
  };
  const server = new Server({ interceptors: [(method, call) => variants[variant](method, call)] });
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
    listening(port);
  });
}

function serveConnect(listening) {
  const routes = (router) =>
    router.service(DemoService, {
      whoAmI: () => ({ wallet: '0x', deviceId: 'device' }),
      async *countUp({ limit }) {
        for (let number = 1; number <= limit; number++) yield { wallet: '0x', number };
      },
    });
  const variants = {
    without: connectNodeAdapter({ routes }),
    with: connectNodeAdapter({ routes, ...connectAuth().adapter }),
  };
  const server = createServer((request, response) => variants[variant](request, response));
  server.listen(0, '127.0.0.1', () => listening(server.address().port));
}
