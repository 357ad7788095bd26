/**
 * Why a wallet gave no signature: USER_REJECTED if the user said no, REQUEST_PENDING if a prompt of the wallet is still open,
 * TIMED_OUT if it did not answer a session in time, WALLET_FAILED for all else.
 */
export type WalletErrorCode = 'USER_REJECTED' | 'REQUEST_PENDING' | 'TIMED_OUT' | 'WALLET_FAILED';

/**
 * A wallet gave no address or no signature. What it threw is the `cause`.
 * @example
 * import { createIdentity, WalletError } from 'grpc-wallet-auth/client';
 *
 * const identity = await createIdentity(wallet).catch((error: unknown) => {
 *   if (error instanceof WalletError && error.code === 'USER_REJECTED') return undefined;
 *   throw error;
 * });
 */
export class WalletError extends Error {
  /** What happened, for programs. */
  readonly code: WalletErrorCode;

  /** @param cause what the wallet threw. */
  constructor(code: WalletErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'WalletError';
    this.code = code;
  }
}

/** EIP-1193's code, WalletConnect's (CAIP-25) and that of ethers. */
const REJECTED: readonly unknown[] = [4001, 5000, 'ACTION_REJECTED'];

/** EIP-1474's "resource unavailable": browser wallets answer so while a prompt is open. */
const PENDING = -32_002;

/** How many errors inside each other are looked at. */
const MAX_DEPTH = 5;

/** Runs a wallet's own code. @throws WalletError for whatever that throws, now or later. */
export async function askWallet<T>(run: () => T | PromiseLike<T>): Promise<T> {
  try {
    return await run();
  } catch (thrown) {
    const codes = codesOf(thrown);
    if (codes.some((code) => REJECTED.includes(code))) {
      throw new WalletError('USER_REJECTED', 'the request was rejected in the wallet', thrown);
    }
    if (codes.includes(PENDING)) {
      throw new WalletError('REQUEST_PENDING', 'a request of the wallet is still open', thrown);
    }
    throw new WalletError('WALLET_FAILED', ['the wallet failed', ...messageOf(thrown)].join(': '), thrown);
  }
}

/** The codes of an error and of those inside it; wallets wrap each other's. */
function codesOf(thrown: unknown): unknown[] {
  const codes: unknown[] = [];
  try {
    let error = thrown as { code?: unknown; cause?: unknown } | null | undefined;
    for (let depth = 0; depth < MAX_DEPTH && typeof error === 'object' && error !== null; depth++) {
      codes.push(error.code);
      error = error.cause as typeof error;
    }
  } catch {
    // other people's object: unreadable is the same as no code
  }
  return codes;
}

function messageOf(thrown: unknown): string[] {
  try {
    const message = typeof thrown === 'string' ? thrown : (thrown as { message?: unknown }).message;
    return typeof message === 'string' && message !== '' ? [message] : [];
  } catch {
    return [];
  }
}
