import { describe, expect, it } from 'vitest';

import { clientSettings } from '../../src/client/options.js';
import { nobleCurve, xmtpStatement } from '../../src/index.js';

const ALL = ['statement', 'now', 'curve'];

describe('clientSettings', () => {
  it('completes nothing to XMTP, the system clock and noble', () => {
    const { statement, nowMs, curve } = clientSettings({}, ALL);
    expect(statement).toBe(xmtpStatement);
    expect(curve).toBe(nobleCurve);
    expect(Math.abs(nowMs() - Date.now())).toBeLessThan(10_000);
  });

  it('takes undefined as not set', () => {
    const { statement, curve } = clientSettings({ statement: undefined, now: undefined, curve: undefined }, ALL);
    expect([statement, curve]).toEqual([xmtpStatement, nobleCurve]);
  });

  it('takes what is set', () => {
    const curve = { ...nobleCurve, name: 'mine' };
    const statement = { title: 'T', closing: 'C' };
    const settings = clientSettings({ statement, curve, now: () => new Date(5) }, ALL);
    expect(settings.statement).toEqual(statement);
    expect(settings.curve).toBe(curve);
    expect(settings.nowMs()).toBe(5);
  });

  it.each<[string, unknown]>([
    ['statement', null],
    ['statement', { title: '', closing: 'C' }],
    ['statement', { title: 'T' }],
    ['now', null],
    ['now', 0],
    ['now', new Date(0)],
    ['curve', null],
    ['curve', 'noble'],
    ['curve', { ...nobleCurve, sign: undefined }],
    ['curve', { ...nobleCurve, recover: undefined }],
    ['curve', { ...nobleCurve, publicKey: undefined }],
  ])('refuses %s %j', (name, value) => {
    expect(() => clientSettings({ [name]: value }, ALL)).toThrow(TypeError);
    expect(() => clientSettings({ [name]: value }, ALL)).toThrow(name);
  });

  it('refuses a name that the function at hand does not know', () => {
    expect(() => clientSettings({ now: () => new Date() }, ['statement', 'curve'])).toThrow(
      'unknown option "now"; known are statement, curve',
    );
  });
});
