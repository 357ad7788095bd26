import { describe, expect, it } from 'vitest';

import { createGate } from '../../src/gate/create-gate.js';

describe('the options of a gate', () => {
  it.each([
    ['authorize', [null, 'x', {}, 1]],
    ['onDecision', [null, 'x', {}, 1]],
    ['authorizeTimeoutMs', [null, 0, -1, 1.5, NaN, Infinity, 600_001, '5000']],
    ['rules', [null, 'public', 1]],
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
