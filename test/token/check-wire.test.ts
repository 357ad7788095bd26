import { describe, expect, it } from 'vitest';

import { AuthDataSchema, TokenSchema } from '../../gen/message_api/v1/authn_pb.js';
import { checkWire } from '../../src/token/check-wire.js';
import { bytes, concat, group, NOTHING, tag, text, uint, varint } from '../support/raw-proto.js';
import { planToken } from '../support/token-workshop.js';

const { token, authData } = planToken();

describe('checkWire', () => {
  it('takes a good token and its auth data', () => {
    expect(() => checkWire(TokenSchema, token)).not.toThrow();
    expect(() => checkWire(AuthDataSchema, authData)).not.toThrow();
    expect(() => checkWire(TokenSchema, NOTHING)).not.toThrow();
  });

  it.each([0, 1, 2, 5])('leaves an unknown field of wire type %i alone', (wireType) => {
    const content = { 0: varint(1), 1: new Uint8Array(8), 2: bytes(1, NOTHING).subarray(1), 5: new Uint8Array(4) };
    const unknown = concat(tag(9, wireType), content[wireType as 0]);
    expect(() => checkWire(TokenSchema, concat(unknown, token))).not.toThrow();
    expect(() => checkWire(TokenSchema, bytes(1, unknown))).not.toThrow();
  });

  it('does not look into unknown fields', () => {
    expect(() => checkWire(TokenSchema, bytes(9, Uint8Array.of(0xff, 0xff)))).not.toThrow();
    expect(() => checkWire(TokenSchema, group(9, uint(1, 1)))).not.toThrow();
  });

  it('does not look into auth_data_bytes, which are bytes and no message', () => {
    expect(() => checkWire(TokenSchema, bytes(2, Uint8Array.of(0xff)))).not.toThrow();
  });

  it('names the field whose wire type is wrong', () => {
    expect(() => checkWire(AuthDataSchema, text(2, 'x'))).toThrow(/AuthData\.created_ns.*wire type 2/);
    expect(() => checkWire(AuthDataSchema, uint(1, 5))).toThrow(/AuthData\.wallet_addr.*wire type 0/);
    expect(() => checkWire(TokenSchema, group(1, NOTHING))).toThrow(/Token\.identity_key.*wire type 3/);
    expect(() => checkWire(TokenSchema, bytes(1, bytes(1, NOTHING)))).toThrow(/PublicKey\.timestamp.*wire type 2/);
  });

  it('refuses a field that ends after its message and before the end of the bytes', () => {
    const overrun = concat(tag(1, 2), varint(2), tag(3, 2), varint(4), new Uint8Array(40));
    expect(() => checkWire(TokenSchema, overrun)).toThrow('premature EOF');
  });
});
