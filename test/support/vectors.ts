import { readFileSync, readdirSync } from 'node:fs';

import type { Vector, VectorNode } from '../../scripts/vectors/vector.js';
import { siweStatement, type VerifierOptions } from '../../src/index.js';

/** The folder of the published vectors. */
export const VECTORS = new URL('../../vectors/', import.meta.url);

export function vectorFileNames(): string[] {
  return readdirSync(VECTORS).filter((name) => name.endsWith('.json'));
}

export function readVectors(name: string): Vector[] {
  return JSON.parse(readFileSync(new URL(name, VECTORS), 'utf8')) as Vector[];
}

/** The options of a vector's node, but for what it demands of calls. */
export function verifierOptionsOf(node: VectorNode, nowMs: number): VerifierOptions {
  const { statements, revoked, require: _demands, ...rest } = node;
  const statement = statements?.map((each) => ('domain' in each ? siweStatement(each) : each));
  const isRevoked = revoked && ((deviceId: string) => revoked.includes(deviceId));
  return { ...rest, now: () => new Date(nowMs), statement, isRevoked };
}
