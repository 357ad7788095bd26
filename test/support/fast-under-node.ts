import { fileURLToPath } from 'node:url';

const src = fileURLToPath(new URL('../../src', import.meta.url));

/** What the package's own `imports` stand for under the condition `node`, as sources, for bundlers. */
export const fastUnderNode: Readonly<Record<string, string>> = {
  '#bytes': `${src}/bytes/node-bytes.ts`,
  '#curves': `${src}/curves/fastest-curve.ts`,
  '#keccak': `${src}/keccak/fastest-keccak.ts`,
  '#protobuf': `${src}/protobuf/at-once.ts`,
};

/** The same for runtimes without Node. */
export const portable: Readonly<Record<string, string>> = {
  '#bytes': `${src}/bytes/portable-bytes.ts`,
  '#curves': `${src}/curves/portable-curve.ts`,
  '#keccak': `${src}/keccak/portable-keccak.ts`,
  '#protobuf': `${src}/protobuf/at-once.ts`,
};
