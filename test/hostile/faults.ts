import { contentFaults } from './content-faults.js';
import { faultKit, type Families } from './fault-kit.js';
import type { TokenMaker } from './good-tokens.js';
import { restrictionFaults } from './restriction-faults.js';
import { signatureFaults } from './signature-faults.js';
import { textFaults } from './text-faults.js';
import { wireFaults } from './wire-faults.js';

/** Ways to break a good token in one place, by what they are about, with the answers that are right. */
export function faultFamilies(maker: TokenMaker): Families {
  const kit = faultKit(maker);
  return {
    ...wireFaults(kit),
    ...signatureFaults(kit),
    ...contentFaults(kit),
    ...restrictionFaults(kit),
    ...textFaults(kit),
  };
}
