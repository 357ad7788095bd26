import { parseAddress } from '../../crypto/address.js';
import { refusal } from '../../errors.js';
import type { FieldPlan, MessagePlan } from './own-wallet.js';

/** How many messages may lie inside each other on the way to a field: as many as protobuf readers take by default. */
const MAX_DEPTH = 100;

/** How many fields and members of lists and maps of one message are looked at: some 10 milliseconds. */
const MAX_LOOKS = 50_000;

/** What is still to be spent on one message, and whose it must be. */
interface Walk {
  readonly wallet: string | undefined;
  left: number;
}

/**
 * Looks through a message of any of the libraries: protobuf-es, proto-loader, ts-proto, google-protobuf.
 * @param wallet the caller's, in EIP-55 case; without one no field is right.
 * @returns the path of the first field that is not the caller's wallet, such as `items.owner`.
 * @throws AuthError ACCESS_DENIED if the message is deeper than 100 messages or has more than 50 000 fields to look at.
 */
export function firstForeign(plan: MessagePlan, message: unknown, wallet: string | undefined): string | undefined {
  return search(plan, message, { wallet, left: MAX_LOOKS }, 1);
}

function search(plan: MessagePlan, message: unknown, walk: Walk, depth: number): string | undefined {
  if (depth > MAX_DEPTH) throw denied('the request is nested too deeply to be checked');
  for (const field of plan) {
    spend(walk);
    const value = read(message, field);
    if (value === undefined || value === null) {
      if (field.mayBeMissing && typeof (message as { $typeName?: unknown }).$typeName === 'string') continue;
      return field.name;
    }
    const values = valuesOf(value, field, walk);
    for (const each of values) {
      if (values.length > 1) spend(walk);
      if (field.inside === undefined) {
        if (!isOwn(each, walk.wallet)) return field.name;
        continue;
      }
      const foreign = search(field.inside, each, walk, depth + 1);
      if (foreign !== undefined) return `${field.name}.${foreign}`;
    }
  }
  return undefined;
}

function spend(walk: Walk): void {
  if (walk.left-- === 0) throw denied('the request has too many fields to be checked');
}

function denied(message: string): Error {
  return refusal('ACCESS_DENIED', { message });
}

function read(message: unknown, { names, oneof }: FieldPlan): unknown {
  if (typeof message !== 'object' || message === null) return undefined;
  const fields = message as Readonly<Record<string, unknown>>;
  const group = oneof === undefined ? undefined : (fields[oneof] as { case?: unknown; value?: unknown } | undefined);
  if (typeof group === 'object' && group !== null) return group.case === names[0] ? group.value : undefined;
  for (const name of names) {
    const value = fields[name];
    if (typeof value === 'function') return value.call(message);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** Of a map no more values than may be looked at, and one: `Object.values` of a large one takes three times as long. */
function valuesOf(value: unknown, { map }: FieldPlan, { left }: Walk): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (!map || typeof value !== 'object' || value === null) return [value];
  const values: unknown[] = [];
  for (const key in value) {
    if (!Object.hasOwn(value, key)) continue;
    values.push((value as Readonly<Record<string, unknown>>)[key]);
    if (values.length > left) break;
  }
  return values;
}

/** Both sides in EIP-55 case are the same text exactly if they are the same 20 bytes. */
function isOwn(text: unknown, wallet: string | undefined): boolean {
  return typeof text === 'string' && wallet !== undefined && (text === wallet || parseAddress(text) === wallet);
}
