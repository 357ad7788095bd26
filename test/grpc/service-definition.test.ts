import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';

import { ChatRequestSchema, DemoService, WhoAmIResponseSchema } from '../../gen/walletauth/demo/v1/demo_pb.js';
import { grpcServiceDefinition } from '../../src/grpc/service-definition.js';

const definition = grpcServiceDefinition(DemoService);

describe('grpcServiceDefinition', () => {
  it('has the path and the kind of every method', () => {
    const rows = Object.entries(definition).map(([name, { path, requestStream, responseStream }]) => [
      name,
      path,
      requestStream,
      responseStream,
    ]);
    expect(rows).toEqual([
      ['whoAmI', '/walletauth.demo.v1.DemoService/WhoAmI', false, false],
      ['collectNotes', '/walletauth.demo.v1.DemoService/CollectNotes', true, false],
      ['countUp', '/walletauth.demo.v1.DemoService/CountUp', false, true],
      ['chat', '/walletauth.demo.v1.DemoService/Chat', true, true],
    ]);
  });

  it('writes messages and plain objects alike, as Buffers', () => {
    const { requestSerialize } = definition.chat;
    const fromObject = requestSerialize({ text: 'hi' });
    expect(Buffer.isBuffer(fromObject)).toBe(true);
    expect(fromObject).toEqual(Buffer.from('0a026869', 'hex'));
    expect(requestSerialize(create(ChatRequestSchema, { text: 'hi' }))).toEqual(fromObject);
  });

  it('reads from the place where the bytes are, within a larger buffer', () => {
    const whole = Buffer.from('ffff0a026869ffff', 'hex');
    expect(definition.chat.requestDeserialize(whole.subarray(2, 6))).toEqual(create(ChatRequestSchema, { text: 'hi' }));
  });

  it('reads its own answers', () => {
    const { responseSerialize, responseDeserialize } = definition.whoAmI;
    const answer = create(WhoAmIResponseSchema, { wallet: '0x1', issuedAtMs: 5n });
    expect(responseDeserialize(responseSerialize(answer))).toEqual(answer);
  });
});
