import { describe, expect, it } from 'vitest';

import { createVerifier, inspectToken, nobleCurve, xmtpStatement, type VerifierOptions } from '../../src/index.js';
import { verifierOptionNames, verifierSettings } from '../../src/verify/options.js';
import { tokenText } from '../support/token-workshop.js';

const build = (options: unknown) => verifierSettings(options as VerifierOptions);

const DAY_MS = 86_400_000;
const notAnInteger = [
  null,
  '',
  '1',
  'x',
  NaN,
  Infinity,
  -Infinity,
  0.5,
  1n,
  true,
  false,
  [],
  [1],
  {},
  () => 1,
  new Date(1),
];
const notAFunction = [null, 0, 1, '', 'now', NaN, true, false, {}, [], new Date(0), Symbol('f')];

/** Smallest and largest value of each limit, and its default. */
const LIMITS = {
  maxAgeMs: [1, 366 * DAY_MS, 3_600_000],
  maxFutureSkewMs: [0, DAY_MS, 60_000],
  maxTokenLength: [1, 65_536, 2_048],
  maxCachedTokens: [0, 10_000_000, 10_000],
  maxCachedDevices: [0, 10_000_000, 10_000],
  maxCachedTokenBytes: [1, 1_000_000_000_000, 10_240_000],
} as const;
const limits = Object.entries(LIMITS) as [keyof typeof LIMITS, (typeof LIMITS)[keyof typeof LIMITS]][];

describe('verifierSettings', () => {
  it('has the documented defaults', () => {
    const settings = build(undefined);
    for (const [name, [, , fallback]] of limits) expect(settings[name]).toBe(fallback);
    expect(settings).toMatchObject({
      curve: nobleCurve,
      statements: [xmtpStatement],
      needsKeyTime: false,
      audience: [],
      challenges: undefined,
      maxCertificateAgeMs: undefined,
      isRevoked: undefined,
    });
    expect(Math.abs(settings.nowMs() - Date.now())).toBeLessThan(1_000);
  });

  it('is the same for no options, an empty object and an object of undefined', () => {
    const unset = Object.fromEntries(verifierOptionNames.map((name) => [name, undefined]));
    for (const options of [{}, unset]) {
      expect({ ...build(options), nowMs: 0 }).toEqual({ ...build(undefined), nowMs: 0 });
    }
  });

  it('is frozen', () => {
    expect(Object.isFrozen(build({}))).toBe(true);
  });

  it('lists every option by name', () => {
    expect([...verifierOptionNames].sort()).toEqual(
      [
        ...Object.keys(LIMITS),
        'now',
        'statement',
        'curve',
        'isRevoked',
        'audience',
        'challenge',
        'maxCertificateAgeMs',
      ].sort(),
    );
  });

  it.each(limits)('%s: accepts both ends of its range and nothing outside', (name, [low, high]) => {
    expect(build({ [name]: low })[name]).toBe(low);
    expect(build({ [name]: high })[name]).toBe(high);
    for (const value of [low - 1, high + 1]) {
      expect(() => build({ [name]: value })).toThrow(`${name} must be an integer from ${low} to ${high}`);
      expect(() => build({ [name]: value })).toThrow(TypeError);
    }
  });

  it.each(limits)('%s: refuses by name what is no integer', (name) => {
    for (const value of notAnInteger) {
      expect(() => build({ [name]: value })).toThrow(TypeError);
      expect(() => build({ [name]: value })).toThrow(`${name} must be`);
    }
  });

  it.each([
    [0, 10_240_000],
    [1, 10_240_000],
    [10_000, 10_240_000],
    [10_001, 10_241_024],
    [1_000_000, 1_024_000_000],
    [10_000_000, 10_240_000_000],
  ])('maxCachedTokenBytes: with room for %i tokens its default is %i bytes', (maxCachedTokens, bytes) => {
    expect(build({ maxCachedTokens }).maxCachedTokenBytes).toBe(bytes);
    expect(build({ maxCachedTokens, maxCachedTokenBytes: 5 }).maxCachedTokenBytes).toBe(5);
  });

  it.each(['now', 'isRevoked'])('%s: refuses by name what is no function', (name) => {
    for (const value of notAFunction) {
      expect(() => build({ [name]: value })).toThrow(TypeError);
      expect(() => build({ [name]: value })).toThrow(`${name} must be a function`);
    }
  });

  it('curve: refuses by name what is no Curve', () => {
    const [name, verify, recover] = ['some', () => true, () => new Uint8Array(65)];
    const wrong = [
      { verify, recover },
      { name, recover },
      { name, verify },
      { name: 1, verify, recover },
    ];
    for (const curve of [null, 0, '', 'noble', NaN, false, {}, [], () => nobleCurve, ...wrong]) {
      expect(() => build({ curve })).toThrow(TypeError);
      expect(() => build({ curve })).toThrow(/^curve must be a Curve/);
    }
    expect(build({ curve: { name, verify, recover } }).curve).toEqual({ name, verify, recover });
  });

  it('statement: refuses by name what is no statement, and copies one that is', () => {
    for (const statement of [null, 0, '', NaN, false, 'text', () => 1]) {
      expect(() => build({ statement })).toThrow(/^statement must be/);
      expect(() => build({ statement })).toThrow(TypeError);
    }
    for (const statement of [[], Array(5).fill(xmtpStatement)]) {
      expect(() => build({ statement })).toThrow(/^statement must be one or a list of 1 to 4/);
    }
    for (const statement of [{}, { title: 'a' }, { closing: 'b' }, { title: '', closing: 'b' }]) {
      expect(() => build({ statement })).toThrow(/^statement\./);
      expect(() => build({ statement })).toThrow(TypeError);
    }
    const statement = { title: 'a', closing: 'b' };
    const settings = build({ statement });
    statement.title = 'changed';
    expect(settings.statements).toEqual([{ title: 'a', closing: 'b' }]);
  });

  it.each(['maxAge', 'MaxAgeMs', 'maxAgeMs ', '', 'toString', 'token'])('refuses the unknown option %j', (name) => {
    expect(() => build({ [name]: undefined })).toThrow(TypeError);
    expect(() => build({ [name]: 1 })).toThrow(`unknown option ${JSON.stringify(name)}`);
  });

  it.each([null, 0, 1, '', 'options', true, Symbol('o'), () => ({})])('refuses %s for the options', (options) => {
    expect(() => build(options)).toThrow(TypeError);
    expect(() => build(options)).toThrow('options must be an object');
  });
});

describe('createVerifier and inspectToken', () => {
  it('refuse wrong options at once, with a TypeError', () => {
    const wrong = { maxAgeMs: 0 };
    expect(() => createVerifier(wrong)).toThrow(TypeError);
    expect(() => inspectToken(tokenText(), wrong)).toThrow(TypeError);
    expect(() => createVerifier({ maxAge: 1 } as VerifierOptions)).toThrow(TypeError);
    expect(() => createVerifier(null as unknown as VerifierOptions)).toThrow(TypeError);
    expect(() => inspectToken(tokenText(), { isRevoked: null } as never)).toThrow(TypeError);
  });
});
