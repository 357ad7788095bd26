import { describe, expect, it } from 'vitest';

import { pages, sources, textOf } from './support/snippets.js';

/** Words that CONTRIBUTING.md's glossary replaces by the field's own, as whole words or as parts of names. */
const REPLACED: Readonly<Record<string, RegExp>> = {
  'door → gate': /\bdoors?\b/i,
  'visit → call context': /\bvisit(?:s|ed|ing|ors?)?\b/i,
  'remembered → cached': /\bremembered\b/i,
  'stranger → unauthenticated caller': /\bstrangers?\b/i,
  'dear → expensive': /\bdear(?:er|est)?\b/i,
  'turn away → deny': /\bturn(?:s|ed|ing)?[\s*/]+away\b/i,
  'keep books on → track': /\b(?:keep(?:s|ing)?|kept)[\s*/]+books?\b/i,
  'failureAllowance → failedTokenLimit': /\bfailure[\s*/]+allowances?\b/i,
  'meaningOf → toRefusal': /\bmeaning[\s*/]+of\b(?=[\s)]*[(,;)])/i,
  'obey → apply': /\bobey(?:s|ed|ing)?\b/i,
};

/** Puts spaces between the parts of names: `turnAwayAddress` becomes `turn Away Address`. Lines stay. */
const words = (text: string) => text.replaceAll(/(?<=[a-z0-9])(?=[A-Z])|_/g, ' ');

function findings(text: string): string[] {
  const spread = words(text);
  return Object.entries(REPLACED).flatMap(([advice, pattern]) =>
    [...spread.matchAll(new RegExp(pattern, 'gi'))].map(
      ({ index }) => `line ${spread.slice(0, index).split('\n').length}: ${advice}`,
    ),
  );
}

describe('the words of the glossary', () => {
  it.each([...sources(), ...pages().filter((page) => page !== 'CONTRIBUTING.md')])('%s', (path) => {
    expect(findings(textOf(path))).toEqual([]);
  });

  it.each([
    ['const door = 1', 'door → gate'],
    ['gateDoors()', 'door → gate'],
    ['interface VisitState', 'visit → call context'],
    ['rememberedTokens', 'remembered → cached'],
    ['/** A stranger. */', 'stranger → unauthenticated caller'],
    ['isDear(reason)', 'dear → expensive'],
    ['turnAwayAddress', 'turn away → deny'],
    [' * callers are turned\n * away', 'turn away → deny'],
    ['keeps books on it', 'keep books on → track'],
    ['failureAllowance', 'failureAllowance → failedTokenLimit'],
    ['failure_allowance', 'failureAllowance → failedTokenLimit'],
    ['.then(meaningOf)', 'meaningOf → toRefusal'],
    ['meaningOf(answer)', 'meaningOf → toRefusal'],
    ['this.#obeyMessage()', 'obey → apply'],
  ])('finds in %s: %s', (text, advice) => {
    expect(findings(text)).toEqual([expect.stringContaining(advice)]);
  });

  it.each(['indoors', 'the meaning of a word', 'DEARTH', 'revisit', 'keeps a book'])('leaves %s alone', (text) => {
    expect(findings(text)).toEqual([]);
  });
});
