import { number } from './table.js';

const LABELS = 560;
const PLOT = 420;
const ROW = 22;
const TOP = 64;
const PADDING = 16;

/** Each colour on a light page, then on a dark one. */
const STYLE = `
    .page { fill: #ffffff; stroke: #d0d7de }
    text { fill: #1f2328 }
    .small { font-size: 11.5px; fill: #59636e }
    .grid { stroke: #d0d7de }
    .one { stroke: #8c959f }
    .spread { stroke: #0550ae; stroke-width: 3; stroke-linecap: round }
    .median { fill: #0550ae }
    .reach { stroke: #bc4c00; stroke-width: 2 }
    @media (prefers-color-scheme: dark) {
      .page { fill: #0d1117; stroke: #3d444d }
      text { fill: #f0f6fc }
      .small { fill: #9198a1 }
      .grid { stroke: #3d444d }
      .one { stroke: #9198a1 }
      .spread { stroke: #79c0ff }
      .median { fill: #79c0ff }
      .reach { stroke: #ffa657 }
    }`;

/**
 * The ratios of a run as an SVG, on a logarithmic scale: medians, quartiles, and how far they were to reach.
 * @param machine, lines of `npm run bench -- --json`; lines without quartiles are left out.
 */
export function plot({ processor, cores, node, platform }, lines) {
  const shown = lines.filter(({ ratio, low, high }) => ratio > 0 && low > 0 && high > 0);
  const values = shown.flatMap(({ low, high, reachRatio }) => [low, high, reachRatio ?? 1]);
  const [from, to] = [Math.log10(Math.min(...values, 0.9)) - 0.03, Math.log10(Math.max(...values, 1.1)) + 0.03];
  const x = (value) => round(PADDING + LABELS + ((Math.log10(value) - from) / (to - from)) * PLOT);
  const width = PADDING + LABELS + PLOT + 90;
  const bottom = TOP + shown.length * ROW;
  const grid = ticks(from, to).map(
    (value) =>
      `<line class="${value === 1 ? 'one' : 'grid'}" x1="${x(value)}" y1="${TOP - 8}" x2="${x(value)}" y2="${bottom}"/>` +
      `<text class="small" x="${x(value)}" y="${TOP - 14}" text-anchor="middle">${number(value)}</text>`,
  );
  const rows = shown.map(({ measured, against, ratio, low, high, reachRatio }, i) => {
    const y = TOP + i * ROW + ROW / 2;
    const reach =
      reachRatio === undefined
        ? ''
        : `<line class="reach" x1="${x(reachRatio)}" y1="${y - 8}" x2="${x(reachRatio)}" y2="${y + 8}"/>`;
    return (
      `<text x="${PADDING}" y="${y + 4}">${escape(measured)} <tspan class="small">÷ ${escape(against)}</tspan></text>` +
      `<line class="spread" x1="${x(low)}" y1="${y}" x2="${x(high)}" y2="${y}"/>${reach}` +
      `<circle class="median" cx="${x(ratio)}" cy="${y}" r="4"/>` +
      `<text class="small" x="${width - PADDING}" y="${y + 4}" text-anchor="end">${number(ratio)}</text>`
    );
  });
  const about = `${processor}, ${cores} cores, ${platform}, Node ${node}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${bottom + PADDING}" width="${width}" height="${bottom + PADDING}" role="img" aria-labelledby="title desc" font-family="system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif" font-size="13">
  <title id="title">What is measured, divided by what it is compared with</title>
  <desc id="desc">${escape(shown.map(({ measured, against, ratio }) => `${measured} ÷ ${against}: ${number(ratio)}`).join('; '))}</desc>
  <style>${STYLE}
  </style>
  <rect class="page" x="0.5" y="0.5" width="${width - 1}" height="${bottom + PADDING - 1}" rx="8"/>
  <text class="small" x="${PADDING}" y="24">${escape(about)}. Dots are medians, bars quartiles, upright marks what was aimed at.</text>
  ${[...grid, ...rows].join('\n  ')}
</svg>
`;
}

/** 1, 2 and 5 of each decade where there are few; else its beginning. */
function ticks(from, to) {
  const steps = to - from > 2 ? [1] : to - from > 0.6 ? [1, 2, 5] : [0.8, 0.9, 1, 1.1, 1.2, 1.5, 2, 3];
  const found = [];
  for (let decade = Math.floor(from); decade <= Math.ceil(to); decade++)
    for (const step of steps) found.push(Number((step * 10 ** decade).toPrecision(3)));
  return [...new Set(found)].filter((value) => Math.log10(value) >= from && Math.log10(value) <= to);
}

function round(value) {
  return Math.round(value * 10) / 10;
}

function escape(text) {
  return String(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
