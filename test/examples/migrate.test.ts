import { describe, expect, it } from 'vitest';

import { playMove, type Step } from '../../examples/migrate/story.js';
import { Tables } from '../../examples/migrate/tables.js';
import { runExample } from '../support/run-example.js';

describe('`npm run migrate`: a table that is keyed by hashes of tokens moves to devices', () => {
  it('with old and new nodes side by side, and what is sent to a device that calls meanwhile is received once', async () => {
    const titles: string[] = [];
    const steps: Step[] = [];
    await playMove({ title: (text) => titles.push(text), step: (step) => steps.push(step) });
    expect(titles.map((title) => title.split(':')[0])).toEqual([
      'Before',
      'Step 1',
      'Step 2',
      'Step 3',
      'What each device has received',
    ]);
    expect(steps.filter(({ got, expected }) => got !== expected)).toEqual([]);
    const gotOf = (who: string, what: string) => steps.filter((step) => step.who === who && step.what === what);
    const all = 'one, two, three, four, five, six, seven, eight';
    for (const device of ['phone', 'laptop'])
      expect(gotOf(device, 'lost nothing').map(({ got }) => got)).toEqual([all]);
    expect(gotOf('tables', 'have unmapped rows that may be asked for').map(({ got }) => got)).toEqual(['1', '0']);
    expect(gotOf('tables', 'become one row a device').map(({ got }) => got)).toEqual(['1 row dropped; mapped 3 of 3']);
  });

  it('starts with one command, and exits with 0', async () => {
    const { status, stdout, stderr } = await runExample('migrate');
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^[\n -~]*$/);
    expect(stdout).not.toContain('NOT AS EXPECTED');
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('37 of 37 steps came out as expected.');
    expect(status).toBe(0);
  }, 30_000);
});

describe('a row of the table', () => {
  it('may be asked for, unmapped, for as long as a token lives that was accepted when it was made', () => {
    let nowMs = 0;
    const tables = new Tables(() => nowMs);
    tables.found({ tokenSha256: 'a', wallet: 'w' }, () => false);
    expect(tables.unmappedLive(60)).toBe(1);
    nowMs = 61;
    expect(tables.unmappedLive(60)).toBe(0);
    tables.devicesOfTokens.set('a', 'w/1');
    nowMs = 0;
    expect(tables.unmappedLive(60)).toBe(0);
  });

  it('becomes one with the others of its device: each message once, in the order in which they were sent', () => {
    const tables = new Tables(() => 0);
    const [old, newer, lost] = ['a', 'b', 'c'].map((tokenSha256) =>
      tables.found({ tokenSha256, wallet: 'w' }, () => false),
    );
    tables.send('w', 'one');
    old?.messages.splice(0);
    tables.send('w', 'two');
    for (const token of ['a', 'b']) tables.devicesOfTokens.set(token, 'w/1');
    expect(lost?.messages).toHaveLength(2);
    expect(newer?.messages).toHaveLength(2);
    expect(tables.finish()).toBe(1);
    expect(tables.take(tables.queues)).toEqual(['one', 'two']);
  });
});
