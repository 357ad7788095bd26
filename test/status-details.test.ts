import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { AnySchema, anyPack, DurationSchema } from '@bufbuild/protobuf/wkt';
import { status as grpcStatus } from '@grpc/grpc-js';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';

import { ErrorInfoSchema, RetryInfoSchema } from '../gen/google/rpc/error_details_pb.js';
import { StatusSchema } from '../gen/google/rpc/status_pb.js';
import { AuthError, authReasons } from '../src/errors.js';
import { decimal, refusalDetails, refusalStatus, withoutRepeatReason } from '../src/status-details.js';

const NOW = 1_700_000_000_123;

/** The public google.rpc types, read by another library. */
const google = protobuf.parse(`
  syntax = "proto3"; package google;
  message Any { string type_url = 1; bytes value = 2; }
  message Duration { int64 seconds = 1; int32 nanos = 2; }
  message Status { int32 code = 1; string message = 2; repeated Any details = 3; }
  message ErrorInfo { string reason = 1; string domain = 2; map<string, string> metadata = 3; }
  message RetryInfo { Duration retry_delay = 1; }
`).root;

function readByOthers(bytes: Uint8Array) {
  const status = google.lookupType('google.Status').decode(bytes).toJSON() as {
    code: number;
    message: string;
    details: { typeUrl: string; value: string }[];
  };
  const details = status.details.map(({ typeUrl, value }) => {
    const [, name] = typeUrl.split('type.googleapis.com/google.rpc.');
    return [name, google.lookupType(`google.${name}`).decode(Buffer.from(value, 'base64')).toJSON()];
  });
  return { ...status, details };
}

describe('refusalStatus', () => {
  it.each(authReasons)('writes %s as any gRPC library reads it', (reason) => {
    const error = new AuthError(reason);
    const { code, message, details } = refusalStatus(error, NOW);
    expect(code in grpcStatus).toBe(true);
    expect(readByOthers(details)).toEqual({
      code,
      message,
      details: [['ErrorInfo', { reason, domain: 'grpc-wallet-auth', metadata: { server_time_ms: String(NOW) } }]],
    });
  });

  it('adds RetryInfo where it knows when to come back', () => {
    const error = new AuthError('RATE_LIMITED', { info: { retry_after_ms: '1250' } });
    const { details } = refusalStatus(error, NOW);
    expect(readByOthers(details).details).toEqual([
      ['ErrorInfo', expect.objectContaining({ metadata: { server_time_ms: String(NOW), retry_after_ms: '1250' } })],
      ['RetryInfo', { retryDelay: { seconds: '1', nanos: 250_000_000 } }],
    ]);
    expect(refusalDetails(details)?.retryAfterMs).toBe(1250);
  });

  it.each(['-1', '1.5', 'soon', '', '1e3'])('adds no RetryInfo for %j', (retry_after_ms) => {
    const { details } = refusalStatus(new AuthError('RATE_LIMITED', { info: { retry_after_ms } }), NOW);
    expect(readByOthers(details).details).toHaveLength(1);
    expect(refusalDetails(details)?.retryAfterMs).toBeUndefined();
  });

  it('sends no cause', () => {
    const { details, message } = refusalStatus(new AuthError('INTERNAL', { cause: new Error('hidden fact') }), NOW);
    expect(Buffer.from(details).toString('latin1') + message).not.toContain('hidden');
  });

  it('keeps texts short and well-formed', () => {
    const text = `${'x'.repeat(1_023)}\u{1f600}`;
    const { message, details } = refusalStatus(
      new AuthError('ACCESS_DENIED', { message: text, info: { why: text } }),
      NOW,
    );
    expect(message).toBe(`${'x'.repeat(1_023)}\ufffd`);
    expect(refusalDetails(details)?.info['why']).toBe(message);
  });
});

describe('refusalDetails', () => {
  it.each(authReasons)('reads %s back', (reason) => {
    const { details } = refusalStatus(new AuthError(reason, { info: { max_age_ms: '5' } }), NOW);
    expect(refusalDetails(details)).toEqual({
      reason,
      info: { server_time_ms: String(NOW), max_age_ms: '5' },
      retryAfterMs: undefined,
    });
  });

  it.each([
    ['another domain', { reason: 'TOKEN_EXPIRED', domain: 'example.com' }],
    ['an unknown reason', { reason: 'TOO_TIRED', domain: 'grpc-wallet-auth' }],
    ['a reason that is a property of every object', { reason: 'toString', domain: 'grpc-wallet-auth' }],
  ])('finds nothing of ours under %s', (_, info) => {
    const value = google.lookupType('google.ErrorInfo').encode(info).finish();
    const status = { details: [{ type_url: 'type.googleapis.com/google.rpc.ErrorInfo', value }] };
    const type = google.lookupType('google.Status');
    expect(
      refusalDetails(
        type.encode(type.fromObject({ details: [{ typeUrl: status.details[0]!.type_url, value }] })).finish(),
      ),
    ).toBeUndefined();
  });

  it.each([
    ['a second and a half', { seconds: 1, nanos: 500_000_000 }, 1_500],
    ['less than a millisecond', { seconds: 0, nanos: 1 }, 1],
    ['nothing', {}, 0],
    ['a time that is over', { seconds: -1, nanos: -500_000_000 }, 7],
    ['for ever', { seconds: Number.MAX_SAFE_INTEGER }, 7],
  ])('believes the RetryInfo of whoever wrote it before our own metadata: %s', (_, retryDelay, expected) => {
    const detail = (name: string, value: object) => {
      const type = google.lookupType(`google.${name}`);
      return { typeUrl: `type.googleapis.com/google.rpc.${name}`, value: type.encode(type.fromObject(value)).finish() };
    };
    const metadata = { retry_after_ms: '7' };
    const info = detail('ErrorInfo', { reason: 'RATE_LIMITED', domain: 'grpc-wallet-auth', metadata });
    const type = google.lookupType('google.Status');
    for (const details of [
      [info, detail('RetryInfo', { retryDelay })],
      [detail('RetryInfo', { retryDelay }), info],
    ]) {
      const bytes = type.encode(type.fromObject({ details })).finish();
      expect(refusalDetails(bytes)?.retryAfterMs).toBe(expected);
    }
  });

  it('finds ours behind details of other kinds', () => {
    const { details } = refusalStatus(new AuthError('TOKEN_EXPIRED'), NOW);
    const ours = fromBinary(StatusSchema, details);
    const other = anyPack(DurationSchema, create(DurationSchema, { seconds: 5n }));
    const both = create(StatusSchema, { ...ours, details: [other, ...ours.details] });
    expect(refusalDetails(toBinary(StatusSchema, both))?.reason).toBe('TOKEN_EXPIRED');
  });

  it('never throws, whatever a peer sends', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        refusalDetails(bytes);
      }),
    );
  });
});

describe('withoutRepeatReason', () => {
  const REPEATED = [
    'TOKEN_EXPIRED',
    'TOKEN_FROM_FUTURE',
    'RATE_LIMITED',
    'CHALLENGE_REQUIRED',
    'PROOF_REQUIRED',
    'INVALID_PROOF',
  ];
  const errorInfo = (reason: string, domain = 'grpc-wallet-auth') =>
    anyPack(ErrorInfoSchema, create(ErrorInfoSchema, { reason, domain, metadata: { x: '1' } }));
  const other = anyPack(DurationSchema, create(DurationSchema, { seconds: 5n }));
  const statusOf = (...details: ReturnType<typeof errorInfo>[]) =>
    toBinary(StatusSchema, create(StatusSchema, { code: 16, message: 'token expired', details }));

  it.each(REPEATED)('removes %s and keeps the rest byte for byte', (reason) => {
    const denied = errorInfo('ACCESS_DENIED');
    const bytes = statusOf(other, errorInfo(reason), denied, errorInfo(reason), other);
    expect(withoutRepeatReason(bytes)).toEqual(statusOf(other, denied, other));
  });

  it('leaves a status without details to the status', () => {
    expect(withoutRepeatReason(statusOf(errorInfo('TOKEN_EXPIRED')))).toBeUndefined();
  });

  it.each([
    ...authReasons
      .filter((reason) => !REPEATED.includes(reason))
      .map((reason): [string, Uint8Array] => [reason, statusOf(errorInfo(reason))]),
    ['a reason of another domain', statusOf(errorInfo('TOKEN_EXPIRED', 'example.com'))],
    ['no details', statusOf()],
    ['nothing', new Uint8Array(0)],
    ['no status', Uint8Array.of(0xff)],
    ['an unreadable detail', Uint8Array.of(0x1a, 1, 0xff)],
  ])('gives back the same bytes for %s', (_, bytes) => {
    expect(withoutRepeatReason(bytes)).toBe(bytes);
  });

  it('keeps fields that nobody knows, and removes what stands beside unreadable details', () => {
    const unknown = [0x9a, 0x06, 2, 7, 7, 0x23, 0x08, 1, 0x24, 0x1a, 1, 0xff]; // 99: bytes, 4: a group, a detail
    const bytes = Uint8Array.from([...unknown, ...statusOf(errorInfo('RATE_LIMITED')), ...unknown]);
    const kept = toBinary(StatusSchema, create(StatusSchema, { code: 16, message: 'token expired' }));
    expect(withoutRepeatReason(bytes)).toEqual(Uint8Array.from([...unknown, ...kept, ...unknown]));
  });

  it('never throws, and leaves no reason for which a client repeats a call', () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 6 }),
      fc.constantFrom(...REPEATED, 'ACCESS_DENIED').map((reason) => statusOf(errorInfo(reason))),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 4 }), (pieces) => {
        const kept = withoutRepeatReason(Uint8Array.from(pieces.flatMap((bytes) => [...bytes])));
        expect(REPEATED).not.toContain(kept && refusalDetails(kept)?.reason);
      }),
    );
  });
});

describe('the bytes', () => {
  const text = fc.string({ unit: 'binary', maxLength: 20 });
  const wait = fc.option(fc.nat({ max: 999_999_999_999 }), { nil: undefined });
  const infos = fc.dictionary(
    text.filter((key) => key !== '__proto__'),
    text,
    { maxKeys: 4 },
  );

  it('are those that the generated types write', () => {
    const refusals = fc.record({ reason: fc.constantFrom(...authReasons), message: text, info: infos, wait });
    fc.assert(
      fc.property(refusals, fc.nat({ max: Number.MAX_SAFE_INTEGER }), ({ reason, message, info, wait: ms }, now) => {
        const all = ms === undefined ? info : { ...info, retry_after_ms: String(ms) };
        const written = refusalStatus(new AuthError(reason, { message, info: all }), now);
        const metadata = { server_time_ms: String(now), ...all };
        const details = [
          anyPack(ErrorInfoSchema, create(ErrorInfoSchema, { reason, domain: 'grpc-wallet-auth', metadata })),
        ];
        if (ms !== undefined) {
          const retryDelay = { seconds: BigInt(Math.floor(ms / 1_000)), nanos: (ms % 1_000) * 1_000_000 };
          details.push(anyPack(RetryInfoSchema, create(RetryInfoSchema, { retryDelay })));
        }
        const status = create(StatusSchema, { code: written.code, message: written.message, details });
        // the order of map entries is free, and objects sort keys that look like indices
        expect(fromBinary(StatusSchema, written.details).details.map(({ value }) => value.length)).toEqual(
          details.map(({ value }) => value.length),
        );
        expect(written.details).toHaveLength(toBinary(StatusSchema, status).length);
        const [info1] = fromBinary(StatusSchema, written.details).details;
        expect(fromBinary(ErrorInfoSchema, info1!.value).metadata).toEqual(metadata);
        expect(fromBinary(StatusSchema, written.details).details.slice(1)).toEqual(details.slice(1));
      }),
    );
  });

  it('of the generated types are read, whatever stands beside and in whatever order', () => {
    const info = fc
      .record({
        reason: fc.constantFrom(...authReasons, 'OTHER', ''),
        domain: fc.constantFrom('grpc-wallet-auth', 'grpc-wallet-auth', 'example.com', ''),
        metadata: infos,
      })
      .map((fields) => ({ fields, any: anyPack(ErrorInfoSchema, create(ErrorInfoSchema, fields)) }));
    const delay = fc.record({ seconds: fc.bigInt({ min: -9n, max: 10n ** 10n }), nanos: fc.integer() });
    const retry = fc
      .option(delay, { nil: undefined })
      .map((retryDelay) => ({ retryDelay, any: anyPack(RetryInfoSchema, create(RetryInfoSchema, { retryDelay })) }));
    const other = fc
      .record({ typeUrl: text, value: fc.uint8Array({ maxLength: 8 }) })
      .map((fields) => ({ any: create(AnySchema, fields) }));
    fc.assert(
      fc.property(
        fc.integer(),
        text,
        fc.array(fc.oneof(info, retry, other), { maxLength: 5 }),
        (code, message, all) => {
          const details = all.map(({ any }) => any);
          const read = refusalDetails(toBinary(StatusSchema, create(StatusSchema, { code, message, details })));
          const ours = all.find(
            (each) =>
              'fields' in each &&
              each.fields.domain === 'grpc-wallet-auth' &&
              authReasons.includes(each.fields.reason as never),
          );
          const refusal = ours && 'fields' in ours ? ours.fields : undefined;
          const waits = all.flatMap((each) => ('retryDelay' in each && each.retryDelay ? [each.retryDelay] : []));
          const ms = waits[0] && Number(waits[0].seconds) * 1_000 + Math.ceil(waits[0].nanos / 1_000_000);
          const retryAfterMs = ms !== undefined && ms >= 0 && ms < 10 ** 12 ? ms + 0 : undefined;
          expect(read).toEqual(refusal && { reason: refusal.reason, info: refusal.metadata, retryAfterMs });
        },
      ),
      { numRuns: 300 },
    );
  });

  it('are merged as every protobuf parser does: the last copy of a text, all parts of a delay', () => {
    const lengthDelimited = (number: number, value: Uint8Array) => [(number << 3) | 2, value.length, ...value];
    const utf8 = new TextEncoder();
    const any = (name: string, value: readonly number[]) =>
      Uint8Array.from([
        ...lengthDelimited(1, utf8.encode(`type.googleapis.com/google.rpc.${name}`)),
        ...lengthDelimited(2, Uint8Array.from(value)),
      ]);
    const info = [
      ...['OTHER', 'RATE_LIMITED'].flatMap((reason) => lengthDelimited(1, utf8.encode(reason))),
      ...lengthDelimited(2, utf8.encode('grpc-wallet-auth')),
    ];
    const [twoSeconds, threeMs] = [Uint8Array.of(0x08, 2), Uint8Array.of(0x10, 0xc0, 0x8d, 0xb7, 0x01)];
    const retry = [...lengthDelimited(1, twoSeconds), ...lengthDelimited(1, threeMs)];
    const bytes = [any('ErrorInfo', info), any('RetryInfo', retry)].flatMap((each) => lengthDelimited(3, each));
    expect(refusalDetails(Uint8Array.from(bytes))).toEqual({ reason: 'RATE_LIMITED', info: {}, retryAfterMs: 2_003 });
  });
});

describe('decimal', () => {
  it.each([
    ['0', 0],
    ['007', 7],
    ['999999999999999', 999_999_999_999_999],
  ])('reads %j', (text, number) => {
    expect(decimal(text)).toBe(number);
  });

  it.each(['', ' 1', '1 ', '+1', '-1', '1.5', '1e3', '0x1', '1'.repeat(16), '１', 5, 5n, null, undefined])(
    'reads nothing out of %s',
    (text) => {
      expect(decimal(text)).toBeUndefined();
    },
  );
});
