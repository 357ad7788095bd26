import fc from 'fast-check';

import { anyCommand, type Command } from './commands.js';
import { NO_PLANT, type Plant } from './plants.js';
import { runModel } from './run-model.js';
import { anySetting, sayingsOf, type Setting } from './setting.js';

/** What trying came to. */
export interface ModelResult {
  readonly runs: number;
  /** A script that anyone can read, with what went wrong; `undefined` if nothing did. */
  readonly failure: string | undefined;
}

/** Longest script. */
const COMMANDS = 40;

const modelOf = (plant: Plant) =>
  fc.asyncProperty(anySetting, fc.array(anyCommand, { maxLength: COMMANDS, size: 'max' }), (setting, script) =>
    runModel(setting, script, plant),
  );

/** Runs scripts of what can happen to a registry on several nodes, until one goes wrong, which is made as short as possible. */
export async function tryModel(numRuns: number, seed: number, plant = NO_PLANT, timeMs?: number): Promise<ModelResult> {
  const details = await fc.check(modelOf(plant), {
    numRuns,
    seed,
    ...(timeMs !== undefined && { interruptAfterTimeLimit: timeMs }),
  });
  if (!details.failed || details.counterexample === null) return { runs: details.numRuns, failure: undefined };
  const [setting, script] = details.counterexample;
  return { runs: details.numRuns, failure: reportOf(seed, details.numRuns, setting, script, details.errorInstance) };
}

function reportOf(seed: number, run: number, setting: Setting, script: readonly Command[], error: unknown): string {
  return [
    `seed ${seed}, run ${run}: ${error instanceof Error ? error.message : String(error)}`,
    ...sayingsOf(setting).map((saying) => `   Given ${saying}.`),
    ...script.map(({ says }, i) => `${String(i + 1).padStart(3)} ${says}`),
    '    everything is mended, and time passes',
  ].join('\n');
}
