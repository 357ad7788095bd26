import { verifyMessage as ethersVerifyMessage } from 'ethers';
import { createVerifier } from 'grpc-wallet-auth';
import { nativeCurve } from 'grpc-wallet-auth/curves';
import { generateKeyPair, jwtVerify, SignJWT } from 'jose';
import { SiweMessage } from 'siwe';
import { verifyMessage } from 'viem';

import { cycle, pairs } from '../pairs.js';
import { line } from '../table.js';
import { header, identities, wallet } from '../tokens.js';
import { xmtpAccepts } from '../xmtp.js';

const TEXT = 'XMTP : Create Identity\n0123456789\n\nFor more info: https://xmtp.org/signatures/';

/** The same work with other libraries: two signature recoveries, as every token carries two signatures; or one signature of their own kind. */
export const rows = {
  async peers() {
    const curve = nativeCurve();
    const headers = (await identities(64)).map((identity) => header(identity));
    const firstSeen = createVerifier({ curve, maxCachedTokens: 1, maxCachedDevices: 1 });
    const cached = createVerifier({ curve });
    for (const value of headers) cached.verify(value);

    const signed = { address: wallet(0).address, message: TEXT, signature: await wallet(0).signMessage(TEXT) };
    const peers = {
      'viem, verifyMessage twice': async () => (await verifyMessage(signed)) && verifyMessage(signed),
      'ethers, verifyMessage twice': () =>
        ethersVerifyMessage(TEXT, signed.signature) === ethersVerifyMessage(TEXT, signed.signature),
      'siwe, one message': await siwe(),
      'xmtp-js, its own token': cycle(headers, xmtpAccepts),
      'jose, one ES256 JWT (OpenSSL)': await jose(),
    };
    for (const [name, run] of Object.entries(peers)) {
      if ((await run()) !== true) throw new Error(`${name} did not accept`);
    }
    const pace = { rounds: 31, batchMs: 20 };
    const known = await pairs({ cached: cycle(headers, (value) => cached.verify(value)), ...peers }, pace);
    const first = await pairs({ firstSeen: cycle(headers, (value) => firstSeen.verify(value)), ...peers }, pace);
    return Object.keys(peers).flatMap((name) => {
      const aimed = !name.startsWith('jose');
      return [
        line(name, 'first-seen token (native)', first[name], aimed ? { ratioAtLeast: 10 } : {}),
        line(name, 'cached token (native)', known[name], aimed ? { ratioAtLeast: 500 } : {}),
      ];
    });
  },
};

async function siwe() {
  const signer = wallet(0);
  const text = new SiweMessage({
    domain: 'node.example',
    address: signer.address,
    uri: 'https://node.example',
    version: '1',
    chainId: 1,
    nonce: 'abcdefgh12345678',
    issuedAt: new Date().toISOString(),
  }).prepareMessage();
  const signature = await signer.signMessage(text);
  return async () => (await new SiweMessage(text).verify({ signature })).success;
}

async function jose() {
  const sub = wallet(0).address;
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const claims = new SignJWT({ sub }).setProtectedHeader({ alg: 'ES256' });
  const jwt = await claims.setIssuedAt().setExpirationTime('1h').sign(privateKey);
  return async () => (await jwtVerify(jwt, publicKey)).payload.sub === sub;
}
