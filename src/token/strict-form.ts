/** What no token can begin with: `w` is a wire type that protobuf has not. */
const STRICT = new TextEncoder().encode('walletauth/2\n');

/** What the identity key signs of a strict token, PROTOCOL.md section 2: nodes that ignore restrictions look for another signature. */
export function strictForm(authDataBytes: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(STRICT.length + authDataBytes.length);
  bytes.set(STRICT);
  bytes.set(authDataBytes, STRICT.length);
  return bytes;
}
