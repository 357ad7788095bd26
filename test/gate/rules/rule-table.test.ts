import { describe, expect, it } from 'vitest';

import type { AuthRules } from '../../../src/gate/rules/declared-rules.js';
import { compileRules } from '../../../src/gate/rules/rule-table.js';

describe('compileRules', () => {
  it('is closed where nothing is declared', () => {
    expect(compileRules().ruleOf('/any.Service/Method')).toMatchObject({
      auth: 'required',
      pattern: 'default',
      source: 'default',
      cost: 1,
      limit: 'default',
      chargeMessages: false,
      ownWallet: undefined,
      costByMessage: false,
      authorize: undefined,
    });
  });

  it.each([
    ['/a.S/M', '/a.S/M', 'public'],
    ['/a.S/N', 'a.S/*', 'optional'],
    ['/a.T/M', '*', 'required'],
    ['/a.SS/M', '*', 'required'],
    ['/a.S.S/M', '*', 'required'],
    ['/S/M', '*', 'required'],
  ])('gives %s the rule of %s', (path, pattern, auth) => {
    const table = compileRules({ '*': 'required', 'a.S/*': 'optional', '/a.S/M': 'public' });
    expect(table.ruleOf(path)).toMatchObject({ auth, pattern, source: 'code' });
  });

  it('takes a pattern with or without its first slash', () => {
    expect(compileRules({ 'a.S/M': 'public' }).ruleOf('/a.S/M').auth).toBe('public');
    expect(compileRules({ '/a.S/*': 'public' }).ruleOf('/a.S/M').auth).toBe('public');
    expect(compileRules({ 'S/M': 'public' }).ruleOf('/S/M').auth).toBe('public');
  });

  it('refuses a pattern that is there in both spellings', () => {
    const rules: AuthRules = { '/a.S/M': 'public', 'a.S/M': 'required' };
    expect(() => compileRules(rules)).toThrow(new TypeError('rules: "a.S/M" is there twice'));
  });

  it.each([
    '',
    '/',
    '**',
    'a',
    'a.S',
    '/*',
    'a.S/',
    'a.S/M*',
    'a.*/M',
    '//a.S/M',
    'a.S/M/',
    'a.S/M N',
    'a.S/M\n',
    '*/M',
  ])('refuses %j as a pattern, by name', (pattern) => {
    expect(() => compileRules({ [pattern]: 'public' })).toThrow(
      new TypeError(`rules: ${JSON.stringify(pattern)} must be /package.Service/Method, package.Service/* or *`),
    );
  });

  it.each([undefined, null, '', 'Public', 'none', 0, true, []])('refuses %j as a rule, by name', (rule) => {
    expect(() => compileRules({ 'a.S/M': rule as never })).toThrow(
      new TypeError(`rules["a.S/M"] must be 'required', 'optional', 'public' or an object`),
    );
  });

  it.each([null, 'public', 0])('refuses %j as rules', (rules) => {
    expect(() => compileRules(rules as never)).toThrow(new TypeError('rules must be an object'));
  });

  it('does not find rules on the prototype', () => {
    expect(compileRules(JSON.parse('{"*":"public"}') as AuthRules).ruleOf('/constructor/toString').auth).toBe('public');
    expect(compileRules(Object.create({ '*': 'public' }) as AuthRules).ruleOf('/a.S/M').auth).toBe('required');
  });
});
