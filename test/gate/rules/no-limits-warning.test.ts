import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { createGate } from '../../../src/gate/create-gate.js';
import type { GateOptions } from '../../../src/gate/options.js';
import type { AuthRules } from '../../../src/gate/rules/declared-rules.js';
import { warn } from '../../../src/warn.js';
import { builtProto, builtService, type OptionInit } from '../../support/built-proto.js';

const warnings = vi.spyOn(process, 'emitWarning');
beforeEach(() => void warnings.mockReset().mockReturnValue());
afterEach(() => vi.unstubAllGlobals());

const CODE = 'WALLET_AUTH_NO_LIMITS';

/** A gate of a service with options, and the warnings at its start. */
function warningsOf(option: OptionInit | undefined, rules: AuthRules = {}, options: GateOptions = {}) {
  const methods = { One: { input: 'Request', option }, Two: { input: 'Request', option }, Free: { input: 'Request' } };
  const service = builtService(builtProto({ messages: { Request: [] }, services: { S: { methods } } }));
  const gate = createGate({ services: [service], rules, ...options });
  const call = { method: '/test.v1.S/One', peer: '', metadata: undefined, header: () => [] };
  for (let i = 0; i < 3; i++) void gate.decide(call, undefined);
  gate.checkRules([service]);
  return warnings.mock.calls;
}

describe('limits that only the .proto names, where the operator gives no limits', () => {
  it.each<[string, OptionInit]>([
    ['a limit', { limit: 'writes' }],
    ['a cost', { cost: 5 }],
    ['charged messages', { chargeMessages: true }],
  ])('are warned of once at start: %s', (_, option) => {
    expect(warningsOf(option)).toEqual([
      [
        'the .proto limits calls of /test.v1.S/One and 1 more, and this gate has no limits: set the option `limits`, or a cost of 0 in `rules`',
        { type: 'Warning', code: CODE },
      ],
    ]);
  });

  it('are warned of by the name of the method, where it is one', () => {
    expect(warningsOf({ cost: 5 }, { 'test.v1.S/Two': { cost: 0 } })[0]?.[0]).toMatch(
      /^the \.proto limits calls of \/test\.v1\.S\/One, and this gate/,
    );
  });

  it.each<[string, OptionInit | undefined, AuthRules, GateOptions]>([
    ['there are limits', { cost: 5 }, {}, { limits: { classes: { default: { points: 9, windowMs: 1_000 } } } }],
    ['the .proto declares nothing about limits', { stream: 1 }, {}, {}],
    ['there is no option at all', undefined, {}, {}],
    ['calls are free by the .proto', { cost: 0, limit: 'writes' }, {}, {}],
    ['the .proto charges no messages', { chargeMessages: false }, {}, {}],
    ['code charges messages, not the .proto', { stream: 1 }, { '*': { chargeMessages: true } }, {}],
    ['calls are free by code', { cost: 5, limit: 'writes' }, { '*': { cost: 0 } }, {}],
  ])('are not warned of if %s', (_, option, rules, options) => {
    expect(warningsOf(option, rules, options)).toEqual([]);
  });
});

describe('a warning', () => {
  it('goes to the console where there is no process, and nowhere where there is neither', () => {
    const console = { warn: vi.fn<(text: string) => void>() };
    vi.stubGlobal('process', undefined);
    vi.stubGlobal('console', console);
    warn('text', CODE);
    expect(console.warn.mock.calls).toEqual([[`${CODE}: text`]]);
    vi.stubGlobal('console', undefined);
    expect(() => warn('text', CODE)).not.toThrow();
    expect(warnings).not.toHaveBeenCalled();
  });
});
