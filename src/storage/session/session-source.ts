import type { GetTokenOptions, TargetOptions, TargetTokenSource, TokenSource } from '../../client/token-source.js';
import type { AuthReason } from '../../errors.js';

/** Whose tokens are to be given. */
export interface CurrentTokens {
  /** The source of whoever is signed in; `undefined` if nobody is. */
  now(): TokenSource | undefined;
  /** The same, after a login under way. @throws why there is none; the signal's reason. */
  wait(options: GetTokenOptions | undefined): Promise<TokenSource>;
}

/** A token source that stays the same while those who are signed in come and go. */
export function sessionSource(current: CurrentTokens): TokenSource {
  return Object.freeze({
    ...viewOf(current, (source) => source),
    forTarget(target: string, options?: TargetOptions) {
      if (typeof target !== 'string' || target === '') throw new TypeError('target must be a text that is not empty');
      return viewOf(current, (source) => source.forTarget(target, options));
    },
  });
}

function viewOf(current: CurrentTokens, of: (source: TokenSource) => TargetTokenSource): TargetTokenSource {
  const now = () => {
    const source = current.now();
    return source && of(source);
  };
  return Object.freeze({
    async get(options?: GetTokenOptions) {
      for (;;) {
        const source = await current.wait(options);
        const token = await of(source).get(options);
        if (source === current.now()) return token; // whose token this is may have changed meanwhile
      }
    },
    invalidate: (token?: string, reason?: AuthReason) => now()?.invalidate(token, reason),
    noteServerTime: (serverTimeMs: number) => now()?.noteServerTime(serverTimeMs),
    noteExpiry: (token: string, expiresAtMs: number) => now()?.noteExpiry(token, expiresAtMs),
    noteChallenge: (challenge: Uint8Array | string, refused?: string) => now()?.noteChallenge(challenge, refused),
  });
}
