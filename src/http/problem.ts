import { httpStatusOf, isAuthReason, type AuthReason } from '../errors.js';
import { quietly } from '../options.js';
import { decimal, refusalDetails, type RefusalDetails, type RefusalStatus } from '../status-details.js';

/** Gives the reasons their meaning, as in the details of a gRPC status. */
const DOMAIN = 'grpc-wallet-auth';

/** Longest problem that is read, in bytes. */
const MAX_LENGTH = 16_384;

const TITLES: Readonly<Record<number, string>> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** A refusal as problem details, RFC 9457, with the challenge of RFC 6750. */
export function problemResponse({ code, message, details }: RefusalStatus): Response {
  const status = httpStatusOf(code);
  const { reason = 'INTERNAL', info = {}, retryAfterMs } = refusalDetails(details) ?? {};
  const headers = new Headers({ 'content-type': 'application/problem+json', 'cache-control': 'no-store' });
  if (status === 401) headers.set('www-authenticate', challenge(reason));
  if (retryAfterMs !== undefined) headers.set('retry-after', String(Math.ceil(retryAfterMs / 1_000)));
  const problem = { type: 'about:blank', title: TITLES[status], status, detail: message, domain: DOMAIN, reason, info };
  return new Response(JSON.stringify(problem), { status, headers });
}

/** RFC 6750, section 3.1: no error where the request carries nothing to authenticate it. */
function challenge(reason: AuthReason): string {
  return reason === 'MISSING_CREDENTIALS' ? 'Bearer' : 'Bearer error="invalid_token"';
}

/**
 * Everything that a node said about a refusal, out of its answer. The answer can still be read.
 * @returns `undefined` if the answer is no refusal of a gate of this library.
 * @example
 * import { refusalOf } from 'grpc-wallet-auth/http';
 *
 * const refused = await refusalOf(await fetch('https://node.example/notes'));
 * if (refused?.reason === 'RATE_LIMITED') console.log(`wait ${refused.retryAfterMs} ms`);
 */
export async function refusalOf(response: Response): Promise<RefusalDetails | undefined> {
  if (response.status < 400 || !/^application\/problem\+json\b/.test(response.headers.get('content-type') ?? ''))
    return undefined;
  try {
    const problem: unknown = JSON.parse(await shortText(response.clone()));
    const { domain, reason, info } = problem as {
      domain?: unknown;
      reason?: unknown;
      info?: Readonly<Record<string, unknown>>;
    };
    if (domain !== DOMAIN || !isAuthReason(reason)) return undefined;
    const facts = Object.entries<unknown>(info ?? {}).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    );
    const known = Object.freeze(Object.fromEntries(facts));
    const seconds = decimal(response.headers.get('retry-after') ?? undefined);
    const retryAfterMs = decimal(known['retry_after_ms']) ?? (seconds === undefined ? undefined : seconds * 1_000);
    return Object.freeze({ reason, info: known, retryAfterMs });
  } catch {
    return undefined; // a peer's bytes: unreadable is the same as not ours
  }
}

/** An answer whose body is `undefined` where `fetch` has no streams, as in React Native. */
type PortableResponse = Pick<Response, 'text'> & { readonly body: Response['body'] | undefined };

/** @throws Error if there is more than a problem can be. */
async function shortText(response: PortableResponse): Promise<string> {
  const { body } = response;
  if (body === null) return '';
  if (body === undefined) return atMost(await response.text());
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    length += value.length;
    if (length > MAX_LENGTH) break;
    text += decoder.decode(value, { stream: true });
  }
  quietly(() => reader.cancel()); // it waits for whoever reads the answer itself
  throw tooLong();
}

function atMost(text: string): string {
  if (text.length > MAX_LENGTH) throw tooLong();
  return text;
}

function tooLong(): Error {
  return new Error('no problem is that long');
}
