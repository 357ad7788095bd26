import { bearer } from '../../src/cli/conformance/kit.js';
import { basis } from '../../src/cli/conformance/kit.js';
import { planToken } from '../../src/cli/conformance/plan-token.js';
import { bytes, concat, tag, varint, written } from '../../src/cli/conformance/raw-proto.js';
import type { Recipe } from './vector.js';

const wire = (name: string, note: string, change: (token: Uint8Array) => Uint8Array): Recipe => ({
  name: `wire/${name}`,
  note,
  make: (kit) => bearer(kit, { token: change(planToken(basis(kit)).token) }),
  expected: 'MALFORMED_TOKEN',
  xmtp: 'unknown',
});

/** Headers that not every transport can carry, and protobuf that readers understand in different ways. */
export const credentialRecipes: readonly Recipe[] = [
  {
    name: 'credentials/two-values',
    note: 'two headers, where a transport shows both',
    make: (kit) => [bearer(kit), bearer(kit)],
    expected: 'MULTIPLE_CREDENTIALS',
    xmtp: 'unknown',
  },
  {
    name: 'credentials/empty',
    note: 'a header of no characters',
    make: () => '',
    expected: 'MALFORMED_HEADER',
    xmtp: 'refused',
  },
  {
    name: 'credentials/scheme-and-space',
    note: 'no token after the space',
    make: () => 'Bearer ',
    expected: 'MALFORMED_HEADER',
  },
  {
    name: 'credentials/as-long-as-allowed',
    note: 'exactly as many characters as the node takes',
    node: { maxTokenLength: 372 },
    make: (kit) => bearer(kit),
    expected: 'accepted',
  },
  {
    name: 'credentials/a-character-too-long',
    note: 'one more',
    node: { maxTokenLength: 371 },
    make: (kit) => bearer(kit),
    expected: 'TOKEN_TOO_LARGE',
    xmtp: 'accepted',
  },
  wire('field-0', 'a field of number 0', (token) => concat(written(0, 1), token)),
  wire('tag-above-32-bits', 'a tag that is cut to that of field 1 by lax readers', (token) =>
    concat(varint(2n ** 32n + 8n), varint(1), token),
  ),
  wire('length-above-32-bits', 'a length that is cut to 0 by lax readers', (token) =>
    concat(tag(99, 2), varint(2n ** 32n), token),
  ),
  wire('varint-of-11-bytes', 'a number without an end', (token) =>
    concat(tag(99, 0), new Uint8Array(10).fill(0x80), Uint8Array.of(1), token),
  ),
  wire('varint-above-64-bits', 'a number wider than its type', (token) =>
    concat(tag(99, 0), new Uint8Array(9).fill(0xff), Uint8Array.of(2), token),
  ),
  wire('wire-type-7', 'a field of a wire type that there is not', (token) => concat(tag(99, 7), token)),
  wire('group-without-end', 'a group that is not closed', (token) => concat(token, tag(99, 3))),
  wire('end-of-no-group', 'the end of a group that was not opened', (token) => concat(tag(99, 4), token)),
  {
    ...wire('group', 'an unknown group is skipped', (token) =>
      concat(tag(99, 3), written(1, 1), bytes(2, token), tag(99, 4), token),
    ),
    expected: 'accepted',
  },
  {
    ...wire('overlong-varint', 'the length of the auth data in more bytes than needed', (token) => token),
    make: (kit) => {
      const { authData } = planToken(basis(kit));
      return bearer(kit, { authDataField: concat(tag(2, 2), varint(authData.length, 5), authData) });
    },
    expected: 'accepted',
  },
];
