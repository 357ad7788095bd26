import { NS_PER_MS, restricted, type Kit, type Restrictions } from '../../src/cli/conformance/kit.js';
import { basis } from '../../src/cli/conformance/kit.js';
import { planToken, type TokenPlan } from '../../src/cli/conformance/plan-token.js';
import { uint } from '../../src/cli/conformance/raw-proto.js';
import { mintIdentity } from '../../src/testing/mint-identity.js';
import type { Recipe } from './vector.js';

const FAR = { audience: ['nowhere.invalid:443'] };
const NONE = { methods: ['none.None/None'] };
const ago = (ms: number) => (kit: Kit) => ({ createdNs: BigInt(kit.nowMs - ms) * NS_PER_MS });
const expired = ago(7_200_000);
const ended = (kit: Kit) => ({ notAfterNs: BigInt(kit.nowMs - 1_000) * NS_PER_MS });
const forged = (kit: Kit) => ({ authSignature: planToken({ ...basis(kit), device: kit.otherDevice }).authSignature });
const mismatched = (kit: Kit) => ({
  walletSignature: planToken({ ...basis(kit), wallet: kit.otherWallet }).walletSignature,
});

type Change = (kit: Kit) => Partial<TokenPlan>;

function both(
  name: string,
  expected: Recipe['expected'],
  changes: readonly Change[],
  restrictions: Restrictions = {},
): Recipe {
  const changesOf = (kit: Kit): Partial<TokenPlan> => Object.assign({}, ...changes.map((change) => change(kit)));
  return {
    name: `order/${name}`,
    note: 'two faults: the check that comes first answers',
    make: (kit) => restricted(kit, restrictions, changesOf(kit)),
    expected,
    xmtp: 'unknown',
  };
}

const phone = mintIdentity().deviceId;

/** PROTOCOL.md section 4: tokens with two faults, and devices that are revoked. */
export const orderRecipes: readonly Recipe[] = [
  both('shape-before-audience', 'MALFORMED_AUTH_DATA', [], { audience: ['nowhere.invalid:443', ''] }),
  both('shape-before-address', 'MALFORMED_AUTH_DATA', [() => ({ claims: '0x0' })], { audience: [''] }),
  both('address-before-unknown', 'INVALID_WALLET_ADDRESS', [() => ({ claims: '0x0' })], { more: uint(77, 1) }),
  both('address-before-audience', 'INVALID_WALLET_ADDRESS', [() => ({ claims: '0x0' })], FAR),
  both('audience-before-time', 'WRONG_AUDIENCE', [expired], FAR),
  both('token-before-certificate', 'TOKEN_EXPIRED', [expired, ended]),
  both('time-before-signature', 'TOKEN_EXPIRED', [expired, forged]),
  both('certificate-before-signature', 'CERTIFICATE_EXPIRED', [ended, forged]),
  both('audience-before-signature', 'WRONG_AUDIENCE', [forged], FAR),
  both('device-before-wallet', 'INVALID_AUTH_DATA_SIGNATURE', [forged, mismatched]),
  both('signature-before-methods', 'INVALID_AUTH_DATA_SIGNATURE', [forged], NONE),
  both('wallet-before-methods', 'WALLET_MISMATCH', [mismatched], NONE),
  {
    ...both('revoked', 'DEVICE_REVOKED', []),
    note: 'the device is revoked on this node',
    node: { revoked: [phone] },
    xmtp: 'accepted',
  },
  {
    ...both('signature-before-revocation', 'INVALID_AUTH_DATA_SIGNATURE', [forged]),
    node: { revoked: [phone] },
    xmtp: 'refused',
  },
  { ...both('revocation-before-methods', 'DEVICE_REVOKED', [], NONE), node: { revoked: [phone] }, xmtp: 'accepted' },
];
