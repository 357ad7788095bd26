import { certificateCases } from './cases/certificates.js';
import { challengeCases } from './cases/challenges.js';
import { addressCases, timeCases } from './cases/claims.js';
import { credentialCases } from './cases/credentials.js';
import { partCases } from './cases/parts.js';
import { restrictionCases } from './cases/restrictions.js';
import { signatureCases } from './cases/signatures.js';
import type { ConformanceCase } from './conformance-case.js';

/** Every case, in the order in which they are tried: from the header to what a token may not do. */
export const conformanceCases: readonly ConformanceCase[] = [
  ...credentialCases,
  ...partCases,
  ...addressCases,
  ...timeCases,
  ...certificateCases,
  ...signatureCases,
  ...restrictionCases,
  ...challengeCases,
];
