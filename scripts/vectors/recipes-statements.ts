import { createHash } from 'node:crypto';

import { NS_PER_MS, basis, bearer, type Kit } from '../../src/cli/conformance/kit.js';
import { planToken, type TokenPlan } from '../../src/cli/conformance/plan-token.js';
import type { Recipe, StatementWords } from './vector.js';

const XMTP = { title: 'XMTP : Create Identity', closing: 'For more info: https://xmtp.org/signatures/' };
const NOTES = { title: 'Notes : Let this device in', closing: 'See https://notes.example/devices' };
const APP = { domain: 'notes.example', uri: 'https://notes.example/', chainId: 1 };
const OTHER_APP = { domain: 'other.example:8443', uri: 'https://other.example/a?b=c', chainId: 137 };

/** PROTOCOL.md section 2, of two lines. */
function linesOf({ quoted }: TokenPlan, { title, closing }: typeof XMTP): string {
  return `${title}\n${Buffer.from(quoted).toString('hex')}\n\n${closing}`;
}

/** PROTOCOL.md section 12, with a domain. */
function appText(
  { quoted, claims, keyTimestamp, notAfterNs }: TokenPlan,
  { domain, uri, chainId }: typeof APP,
): string {
  const iso = (ms: bigint) => new Date(Number(ms)).toISOString();
  return [
    `${domain} wants you to sign in with your Ethereum account:`,
    claims,
    '',
    'Let this device act for my account.',
    '',
    `URI: ${uri}`,
    'Version: 1',
    `Chain ID: ${chainId}`,
    `Nonce: ${createHash('sha256').update(quoted).digest('hex').slice(0, 17)}`,
    `Issued At: ${iso(keyTimestamp)}`,
    ...(notAfterNs === 0n ? [] : [`Expiration Time: ${iso(notAfterNs / NS_PER_MS)}`]),
    'Resources:',
    `- urn:walletauth:device:${Buffer.from(quoted).toString('hex')}`,
  ].join('\n');
}

/** A token whose certificate was signed under another statement. */
function under(statement: StatementWords, changes: (kit: Kit) => Partial<TokenPlan> = () => ({})) {
  return (kit: Kit) => {
    const plan = planToken({ ...basis(kit), ...changes(kit) });
    const text = 'domain' in statement ? appText(plan, statement) : linesOf(plan, statement);
    return bearer(kit, { ...changes(kit), statement: text });
  };
}

function recipe(
  name: string,
  note: string,
  statements: readonly StatementWords[],
  make: Recipe['make'],
  expected: Recipe['expected'],
): Recipe {
  return { name: `statements/${name}`, note, node: { statements }, make, expected, xmtp: 'refused' };
}

const endsIn = (ms: number) => (kit: Kit) => ({ notAfterNs: BigInt(kit.nowMs + ms) * NS_PER_MS });

/** Certificates under other statements than XMTP's. */
export const statementRecipes: readonly Recipe[] = [
  recipe('two-lines', "a network's own title and closing line", [NOTES], under(NOTES), 'accepted'),
  {
    ...recipe('xmtp-elsewhere', "XMTP's, on a network with its own", [NOTES], under(XMTP), 'WALLET_MISMATCH'),
    xmtp: 'accepted',
  },
  recipe('domain', 'an EIP-4361 text with a domain', [APP], under(APP), 'accepted'),
  {
    ...recipe(
      'domain-and-end',
      'the same with the end of the certificate',
      [APP],
      under(APP, endsIn(60_000)),
      'accepted',
    ),
    endMs: ({ nowMs }) => nowMs + 60_000,
  },
  recipe(
    'domain-and-port',
    'a domain with a port, a URI with a query, another chain',
    [OTHER_APP],
    under(OTHER_APP),
    'accepted',
  ),
  recipe('another-domain', 'signed for another domain', [APP], under(OTHER_APP), 'WALLET_MISMATCH'),
  recipe('another-chain', 'signed for another chain', [APP], under({ ...APP, chainId: 5 }), 'WALLET_MISMATCH'),
  recipe('domain-of-ended', 'an end that is over', [APP], under(APP, endsIn(-1)), 'CERTIFICATE_EXPIRED'),
  recipe('second-of-two', 'a node that accepts two statements, in a migration', [APP, NOTES], under(NOTES), 'accepted'),
  {
    ...recipe(
      'xmtp-in-a-migration',
      "the last of four is XMTP's",
      [APP, OTHER_APP, NOTES, XMTP],
      under(XMTP),
      'accepted',
    ),
    xmtp: 'accepted',
  },
  recipe('none-of-two', 'signed under neither of two statements', [APP, NOTES], under(OTHER_APP), 'WALLET_MISMATCH'),
  {
    ...recipe(
      'domain-without-key-time',
      'a key time of 0 cannot be told in the text',
      [APP],
      (kit) => bearer(kit, { keyTimestamp: 0n }),
      'INVALID_IDENTITY_KEY',
    ),
    xmtp: 'accepted',
  },
  {
    ...recipe(
      'domain-after-the-year-9999',
      'nor can a time after the year 9999',
      [APP],
      (kit) => bearer(kit, { keyTimestamp: 253_402_300_800_000n }),
      'INVALID_IDENTITY_KEY',
    ),
    xmtp: 'accepted',
  },
  {
    ...recipe(
      'passed-over',
      'where another statement is left, the one with a domain is passed over',
      [APP, XMTP],
      (kit) => bearer(kit, { keyTimestamp: 0n }),
      'accepted',
    ),
    xmtp: 'accepted',
  },
];
