import { describe, expect, it } from 'vitest';

import { DemoService } from '../../gen/walletauth/demo/v1/demo_pb.js';
import { createGate } from '../../src/gate/create-gate.js';
import { healthRules } from '../../src/gate/rules/well-known.js';
import { definition } from '../support/demo-server.js';

describe('the options of a gate', () => {
  it.each([
    ['authorize', [null, 'x', {}, 1]],
    ['onDecision', [null, 'x', {}, 1]],
    ['onToken', [null, 'x', {}, 1]],
    ['authorizeTimeoutMs', [null, 0, -1, 1.5, NaN, Infinity, 600_001, '5000']],
    ['rules', [null, 'public', 1]],
    ['services', [null, {}, 'x', [null], ['x'], [undefined], [DemoService, null]]],
    ['streamRecheckMs', [null, 0, 99, 100.5, NaN, 3_600_001, '5000']],
    ['graceMs', [null, 0, 4_999, 5_000.5, NaN, 3_600_001, '5000']],
    ['maxAgeMs', [null, 0, NaN]],
    ['now', [null, 5]],
    ['curve', [null, {}]],
  ])('%s is checked at construction, by name', (name, values) => {
    for (const value of values) expect(() => createGate({ [name]: value })).toThrow(new RegExp(`^${name} `));
    expect(() => createGate({ [name]: undefined })).not.toThrow();
  });

  it.each([{ rule: {} }, { authorise: () => true }, { maxAge: 5 }, { onDecison: () => undefined }])(
    '%j is refused: a misspelt option must not be silently off',
    (options) => {
      expect(() => createGate(options as object)).toThrow(/^unknown option /);
    },
  );
});

describe('services', () => {
  it('may be an empty list', () => {
    expect(() => createGate({ services: [] })).not.toThrow();
  });

  const NAME = 'walletauth.demo.v1.DemoService';

  it.each([[[DemoService]], [[definition]]])(
    'make a rule for an unknown method a TypeError at construction',
    (services) => {
      const rules = { [`${NAME}/WhoIAm`]: 'public' } as const;
      expect(() => createGate({ rules, services })).toThrow(
        new TypeError(`rules: "${NAME}/WhoIAm" names no method of the given services`),
      );
      expect(() => createGate({ rules })).not.toThrow();
      expect(() => createGate({ rules: { [`${NAME}/WhoAmI`]: 'public', ...healthRules }, services })).not.toThrow();
    },
  );

  it('make a rule for an unknown field one, for each method that it holds for', () => {
    const rules = { [`${NAME}/*`]: { ownWallet: ['text'] } };
    expect(() => createGate({ rules, services: [DemoService] })).toThrow(
      new TypeError(`rules["${NAME}/*"].ownWallet: "text" is no field of walletauth.demo.v1.WhoAmIRequest`),
    );
    const chat = { [`${NAME}/Chat`]: { ownWallet: ['text'] } };
    expect(() => createGate({ rules: chat, services: [DemoService] })).not.toThrow();
    expect(() => createGate({ rules, services: [definition] })).not.toThrow(); // nothing is known of its fields
  });
});
