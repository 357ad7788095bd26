import { nobleCurve } from 'grpc-wallet-auth';
import { createToken } from 'grpc-wallet-auth/client';
import { nativeCurve, wasmCurve } from 'grpc-wallet-auth/curves';

import { pairs } from '../pairs.js';
import { line } from '../table.js';
import { identities, wallet } from '../tokens.js';
import { xmtpTokens } from '../xmtp.js';

const PACE = { rounds: 31, batchMs: 15 };

/** The time to make a token, compared with the one signature in it, and with xmtp-js. */
export const rows = {
  async creation() {
    const [identity] = await identities(1);
    const digest = new Uint8Array(32).fill(7);
    const privateKey = new Uint8Array(32).fill(9);
    const lines = [];
    for (const curve of [nativeCurve(), wasmCurve(), nobleCurve]) {
      const { token } = await pairs(
        { sign: () => curve.sign(digest, privateKey), token: () => createToken(identity, { curve }) },
        PACE,
      );
      lines.push(line(`token creation (${curve.name})`, '1 sign', token));
    }
    const { xmtp } = await pairs({ token: () => createToken(identity), xmtp: await xmtpTokens(wallet(0)) }, PACE);
    lines.push(line('xmtp-js, token creation', 'token creation (noble)', xmtp));
    return lines;
  },
};
