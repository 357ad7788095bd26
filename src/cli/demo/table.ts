import { styleText } from 'node:util';

import type { Outcome } from './calls.js';

/** One line of the demo: the attempt, the expected outcome and the actual one. */
export interface Line {
  readonly what: string;
  readonly expected: Outcome;
  readonly got: Outcome;
}

/** Whether a line came out as expected. */
export function isAsExpected({ expected, got }: Line): boolean {
  return expected.status === got.status && expected.detail === got.detail;
}

/** The widths of the columns; with the mark and the gaps, 99 in all. */
const WHAT = 20;
const DETAIL = 27;
const STATUS = 17;

/** The names of the columns. */
export function heading(): string {
  return `  ${columns(cell('', WHAT), cell('expected', DETAIL), 'got')}`;
}

/** One line of the table; where the outcome differs, the full expectation stands below it. */
export function row(line: Line): string {
  const { what, expected, got } = line;
  const good = isAsExpected(line);
  const mark = good ? styleText('green', '✓') : styleText('red', '✗');
  const outcome = columns(cell(got.status, STATUS), cell(got.detail, DETAIL)).trimEnd();
  const text = `${mark} ${columns(cell(what, WHAT), cell(expected.detail, DETAIL), outcome)}`;
  return good ? text : `${text}\n  ${styleText('red', `expected ${both(expected)}, got ${both(got)}`)}`;
}

function columns(...cells: readonly string[]): string {
  return cells.join('  ');
}

function both({ status, detail }: Outcome): string {
  return `${status} ${detail}`;
}

/** A text cut or filled up to a width. */
function cell(text: string, width: number): string {
  return (text.length > width ? `${text.slice(0, width - 1)}…` : text).padEnd(width);
}
