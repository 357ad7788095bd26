import { expect, it } from 'vitest';

type Plot = (machine: object, lines: readonly object[]) => string;

const bench = '../../bench/plot.js'; // plain JavaScript, without types
const { plot } = (await import(bench)) as { plot: Plot };

const machine = { processor: 'a <fast> one', cores: 2, node: 'v20.0.0', platform: 'linux-x64' };
const lines = [
  { measured: 'a & b', against: 'c', ratio: 1.1, low: 1.05, high: 1.2, reachRatio: 1.13 },
  { measured: 'without quartiles', against: 'c', ratio: 3 },
  { measured: 'small', against: 'c', ratio: 0.01, low: 0.009, high: 0.011 },
];

it('plots the lines that have quartiles, in light and dark, as text that SVG can hold', () => {
  const svg = plot(machine, lines);
  expect(svg.match(/<circle/g)).toHaveLength(2);
  expect(svg.match(/class="reach"/g)).toHaveLength(1);
  expect(svg).toContain('a &amp; b');
  expect(svg).toContain('a &lt;fast> one');
  expect(svg).not.toContain('without quartiles');
  expect(svg).toContain('prefers-color-scheme: dark');
  expect(svg).not.toMatch(/NaN|undefined|Infinity/);
});

it('of a run without such lines is empty, not broken', () => {
  expect(plot(machine, [])).not.toMatch(/NaN|undefined|Infinity/);
});
