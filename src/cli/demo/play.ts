import { styleText } from 'node:util';

import { asciiJson } from '../ascii.js';
import { admitted } from './admitted.js';
import { refused } from './refused.js';
import { setStage, type Stage } from './stage.js';
import { heading, isAsExpected, row, type Line } from './table.js';

/** The parts of the demo, in their order. */
const SECTIONS: readonly { title: string; section: string; linesOf: (stage: Stage) => AsyncIterable<Line> }[] = [
  { title: 'Admitted', section: 'admitted', linesOf: admitted },
  { title: 'Refused, on each of the four kinds of call', section: 'refused', linesOf: refused },
];

/**
 * Runs the demo and prints it.
 * @param json whether to print JSON, for programs.
 * @returns whether every line came out as expected.
 */
export async function play(json: boolean): Promise<boolean> {
  const stage = await setStage();
  try {
    return json ? await printJson(stage) : await printTable(stage);
  } finally {
    await stage.close();
  }
}

async function printTable(stage: Stage): Promise<boolean> {
  const { node, device } = stage;
  console.log(`Node    ${node.address}, curve ${node.curve}`);
  console.log(`Device  ${device.deviceId}`);
  console.log(styleText('dim', `\n${heading()}`));

  let good = 0;
  let all = 0;
  for (const { title, linesOf } of SECTIONS) {
    console.log(styleText('bold', `\n${title}`));
    for await (const line of linesOf(stage)) {
      console.log(row(line));
      all++;
      if (isAsExpected(line)) good++;
    }
  }
  console.log(`\n${good} of ${all} lines came out as expected.`);
  return good === all;
}

async function printJson(stage: Stage): Promise<boolean> {
  const { node, device } = stage;
  const lines: object[] = [];
  let ok = true;
  for (const { section, linesOf } of SECTIONS) {
    for await (const line of linesOf(stage)) {
      lines.push({ section, ...line, ok: isAsExpected(line) });
      ok &&= isAsExpected(line);
    }
  }
  const { wallet, deviceId } = device;
  console.log(asciiJson({ ok, address: node.address, curve: node.curve, wallet, deviceId, lines }));
  return ok;
}
