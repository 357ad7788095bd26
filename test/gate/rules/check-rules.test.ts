import { describe, expect, it } from 'vitest';

import { checkRules } from '../../../src/gate/rules/check-rules.js';
import { compileRules } from '../../../src/gate/rules/rule-table.js';
import { healthRules, reflectionRules } from '../../../src/gate/rules/well-known.js';

const paths = ['/a.S/Two', '/a.S/One', '/a.T/One'];

describe('checkRules', () => {
  it('tells which methods each rule decides, and which are left to the default', () => {
    const table = compileRules({ 'a.S/*': 'optional', '/a.S/One': 'public' });
    expect(checkRules(table, paths).rules).toEqual([
      { pattern: 'a.S/*', source: 'code', auth: 'optional', methods: ['/a.S/Two'], overridden: ['/a.S/One'] },
      { pattern: '/a.S/One', source: 'code', auth: 'public', methods: ['/a.S/One'], overridden: [] },
      { pattern: 'default', source: 'default', auth: 'required', methods: ['/a.T/One'], overridden: [] },
    ]);
  });

  it('shows a rule that others leave nothing to', () => {
    const table = compileRules({ 'a.T/*': 'optional', 'a.T/One': 'public', '*': 'required' });
    expect(checkRules(table, ['/a.T/One']).rules).toEqual([
      { pattern: 'a.T/*', source: 'code', auth: 'optional', methods: [], overridden: ['/a.T/One'] },
      { pattern: 'a.T/One', source: 'code', auth: 'public', methods: ['/a.T/One'], overridden: [] },
      { pattern: '*', source: 'code', auth: 'required', methods: [], overridden: ['/a.T/One'] },
    ]);
  });

  it.each(['a.S/Three', 'a.U/*', 'a.S/one', 'grpc.health.v1.Health/Chek'])(
    'refuses %s, which names no method',
    (pattern) => {
      expect(() => checkRules(compileRules({ [pattern]: 'public' }), paths)).toThrow(
        new TypeError(`rules: ${JSON.stringify(pattern)} names no method of the given services`),
      );
    },
  );

  it.each([
    'grpc.health.v1.Health/Check',
    'grpc.health.v1.Health/List',
    'grpc.health.v1.Health/Watch',
    'grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
    'grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo',
  ])('takes %s without its service', (pattern) => {
    expect(checkRules(compileRules({ [pattern]: 'public' }), paths).rules[0]).toMatchObject({ pattern, methods: [] });
  });

  it('takes the presets without their services', () => {
    const table = compileRules({ ...healthRules, ...reflectionRules });
    expect(checkRules(table, paths).rules.map(({ pattern, methods }) => [pattern, methods.length])).toEqual([
      ['grpc.health.v1.Health/*', 0],
      ['grpc.reflection.v1.ServerReflection/*', 0],
      ['grpc.reflection.v1alpha.ServerReflection/*', 0],
      ['default', 3],
    ]);
  });

  it('takes `*` whatever there is', () => {
    expect(checkRules(compileRules({ '*': 'public' }), []).rules).toEqual([
      { pattern: '*', source: 'code', auth: 'public', methods: [], overridden: [] },
    ]);
  });
});
