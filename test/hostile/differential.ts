import fc from 'fast-check';

import { bytes as nodeBytes } from '../../src/bytes/node-bytes.js';
import { bytes as portableBytes } from '../../src/bytes/portable-bytes.js';
import { keccak256 } from '../../src/crypto/hash.js';
import { nativeCurve } from '../../src/curves/native-curve.js';
import { AuthError, type Curve, type WalletIdentity } from '../../src/index.js';
import { fastestKeccak } from '../../src/keccak/fastest-keccak.js';
import { createVerifierWith } from '../../src/verify/create-verifier.js';
import { portableVerifierTools, serverTools } from '../../src/verify/tools.js';
import { NOW_MS } from '../support/token-workshop.js';
import { faultFamilies } from './faults.js';
import { tokenMaker } from './good-tokens.js';
import { mutatedHeader, numbersFrom, type Numbers } from './mutations.js';
import { encode } from './wire-model.js';

/** What a differential run came to. */
export interface DifferentialRun {
  readonly cases: number;
  /** How often each answer was given; `identity` stands for any. */
  readonly answers: ReadonlyMap<string, number>;
  /** The first case in which two verifiers differed; `undefined` if there was none. */
  readonly failure: string | undefined;
}

/** The ways in which a verifier may work. The first is what the others are held to. */
const TOOLS = {
  reference: portableVerifierTools,
  'server under Node': serverTools(fastestKeccak(), nodeBytes),
  'server elsewhere': serverTools(keccak256, portableBytes),
};

/** How each is set up: with and without caches, and so that forged tokens are looked at to the end. */
const SETTINGS = {
  strict: { credulous: false, maxCachedTokens: 0, maxCachedDevices: 0 },
  credulous: { credulous: true, maxCachedTokens: 0, maxCachedDevices: 0 },
  caching: { credulous: false, maxCachedTokens: 50, maxCachedDevices: 10 },
  'caching and credulous': { credulous: true, maxCachedTokens: 50, maxCachedDevices: 10 },
};

/** One in so many cases is of the families of faults, which know the format; the rest are mutations that do not. */
const FAMILY_EVERY = 4;
const FAMILY_BATCH = 2_000;

/** Shows tokens with faults to verifiers that work in different ways, and compares all that they answer and ask of the curve. */
export function differentialRun(cases: number, seed: number): DifferentialRun {
  const native = nativeCurve();
  const maker = tokenMaker((privateKey, digest) => native.sign(digest, privateKey));
  const good = maker.pool.map(({ message }) => encode(message));
  const families = fc.oneof(...Object.values(faultFamilies(maker)));
  const numbers = numbersFrom(seed);
  const groups = Object.values(SETTINGS).map((setting) => {
    const curve = sharedCurve(native, setting.credulous);
    return { curve, subjects: Object.entries(TOOLS).map(([name, tools]) => subject(name, tools, setting, curve)) };
  });

  const answers = new Map<string, number>();
  let batch: unknown[] = [];
  for (let i = 0; i < cases; i++) {
    if (batch.length === 0) batch = sample(families, numbers);
    const authorization = i % FAMILY_EVERY === 0 ? batch.pop() : mutatedHeader(good, numbers);
    const { curve, subjects } = groups[numbers(groups.length)]!;
    curve.forget();
    const [[, expected] = ['', ''], ...others] = subjects.map(({ name, outcomeOf }) => [
      name,
      outcomeOf(authorization),
    ]);
    const answer = expected!.split(' ', 1)[0]!;
    answers.set(answer, (answers.get(answer) ?? 0) + 1);
    const different = others.find(([, outcome]) => outcome !== expected);
    if (different)
      return {
        cases: i + 1,
        answers,
        failure: `case ${i} of seed ${seed}: ${JSON.stringify(authorization)}\nreference: ${expected}\n${different.join(': ')}`,
      };
  }
  return { cases, answers, failure: undefined };
}

function sample(families: fc.Arbitrary<{ readonly authorization: unknown }>, numbers: Numbers): unknown[] {
  return fc
    .sample(families, { numRuns: FAMILY_BATCH, seed: numbers(2 ** 31) })
    .map(({ authorization }) => authorization);
}

type Setting = (typeof SETTINGS)[keyof typeof SETTINGS];

function subject(name: string, tools: typeof portableVerifierTools, setting: Setting, shared: SharedCurve) {
  const { credulous: _, ...caches } = setting;
  const asked: string[] = [];
  const curve = shared.notedIn(asked);
  const verifier = createVerifierWith({ now: () => new Date(NOW_MS), curve, ...caches }, tools);
  return {
    name,
    /** Answers twice, so that a cached token is looked at too; everything that can be seen of it, as a text. */
    outcomeOf(authorization: unknown): string {
      asked.length = 0;
      const first = answerOf(() => verifier.verify(authorization as string));
      const second = answerOf(() => verifier.verify(authorization as string));
      const { cachedTokens, cachedDevices } = verifier;
      return `${first} ${second === first ? 'again' : second} ${cachedTokens} ${cachedDevices} ${asked.join(' ')}`;
    },
  };
}

function answerOf(verify: () => WalletIdentity): string {
  try {
    return `identity ${JSON.stringify(verify())}`;
  } catch (error) {
    if (!(error instanceof AuthError)) throw error;
    const { reason, info, cause, message } = error;
    return `${reason} ${message} ${JSON.stringify(info)} ${cause instanceof Error ? String(cause) : JSON.stringify(cause)}`;
  }
}

interface SharedCurve {
  /** The curve for one of several verifiers; what it is asked is noted. */
  notedIn(asked: string[]): Curve;
  /** To be called before each case. */
  forget(): void;
}

/** A curve that computes each question once, whoever asks it. A credulous one finds every signature of auth data good. */
function sharedCurve(native: Curve, credulous: boolean): SharedCurve {
  const known = new Map<string, boolean | Uint8Array | undefined>();
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
  function answer<T extends boolean | Uint8Array | undefined>(question: string, compute: () => T): T {
    if (!known.has(question)) known.set(question, compute());
    return known.get(question) as T;
  }
  return {
    forget: () => known.clear(),
    notedIn: (asked) => ({
      ...native,
      verify(signature, digest, publicKey) {
        const question = `verify-${hex(signature)}-${hex(digest)}-${hex(publicKey)}`;
        asked.push(question);
        return credulous || answer(question, () => native.verify(signature, digest, publicKey));
      },
      recover(signature, recovery, digest) {
        const question = `recover-${hex(signature)}-${recovery}-${hex(digest)}`;
        asked.push(question);
        return answer(question, () => native.recover(signature, recovery, digest));
      },
    }),
  };
}
