/**
 * The shell line, without `npx` before it, that calls the demo node with `buf` and an identity file. The token goes through a pipe, where no list of
 * processes shows it.
 * @param address where the node listens, `host:port`.
 */
export function curlLine(address = '127.0.0.1:50051'): string {
  const url = `http://${address}/walletauth.demo.v1.DemoService/WhoAmI`;
  return `grpc-wallet-auth token --identity device.id --header | buf curl --protocol grpc -H @- ${url}`;
}
