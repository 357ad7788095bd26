import fc from 'fast-check';

import { anyScript, type Command } from './commands.js';
import { NO_PLANT, type Plant } from './plants.js';
import { runModel } from './run-model.js';
import { anySetting, sayingsOf, type Setting } from './setting.js';

/** What trying came to. */
export interface ModelResult {
  readonly runs: number;
  /** A script that anyone can read, with what went wrong; `undefined` if nothing did. */
  readonly failure: string | undefined;
}

const modelOf = (plant: Plant) =>
  fc.asyncProperty(anySetting, anyScript, (setting, script) => runModel(setting, script, plant));

/** How to try. */
export interface Trying {
  readonly runs: number;
  readonly seed: number;
  /** A fault that the model should find. */
  readonly plant?: Plant;
  /** Whether a script that goes wrong is made as short as possible. Default `true`. */
  readonly shrinks?: boolean;
}

/** Runs scripts of what can happen to a registry on several nodes, until one goes wrong. */
export async function tryModel({ runs, seed, plant = NO_PLANT, shrinks = true }: Trying): Promise<ModelResult> {
  const details = await fc.check(modelOf(plant), { numRuns: runs, seed, endOnFailure: !shrinks });
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
