import { createRequire } from 'node:module';

import { hexToBytes, keccak256 } from 'viem';

// only the CommonJS half of these packages loads in Node
const require = createRequire(import.meta.url);
const { authn } = require('@xmtp/proto');
const { LocalAuthenticator, PrivateKey, PublicKey, Signature } = require('@xmtp/xmtp-js');

/** xmtp-js makes tokens but checks only keys and signatures; put together, this is what its check of a token is. */
export function xmtpAccepts(authorization) {
  const token = authn.Token.decode(Buffer.from(authorization.slice('Bearer '.length), 'base64'));
  const { walletAddr } = authn.AuthData.decode(token.authDataBytes);
  const identityKey = new PublicKey(token.identityKey);
  const digest = hexToBytes(keccak256(token.authDataBytes));
  const genuine = identityKey.verify(new Signature(token.authDataSignature), digest);
  return genuine && identityKey.walletSignatureAddress() === walletAddr;
}

/** A function that makes a token of a fresh identity with xmtp-js. */
export async function xmtpTokens(wallet) {
  const key = PrivateKey.generate();
  await key.publicKey.signWithWallet(wallet);
  const authenticator = new LocalAuthenticator(key);
  return async () => (await authenticator.createToken()).toBase64();
}
