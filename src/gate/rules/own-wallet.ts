import { ScalarType, type DescField, type DescMessage } from '@bufbuild/protobuf';

import { parseAddress } from '../../crypto/address.js';

/** Where in a message the caller's own wallet address must be. */
export type FieldPlan = readonly FieldStep[];

/** One field on the way there. */
export interface FieldStep {
  /** The path so far, as it was written: `items.owner`. */
  readonly path: string;
  /** The names that the field may have in a message. */
  readonly names: readonly string[];
  /** The name of the oneof that protobuf-es keeps the field in. */
  readonly oneof: string | undefined;
  /** Whether the field may be missing, by its descriptor. */
  readonly mayBeMissing: boolean;
  /** Whether the values of a map are meant. */
  readonly map: boolean;
  /** What to look at inside; `undefined` if the field itself must be the address. A function, as types contain themselves. */
  readonly inside: (() => FieldPlan) | undefined;
}

/**
 * Makes a plan out of paths.
 * @param paths valid ones, with dots.
 * @param message the type of the messages, if it is known: then a path that leads nowhere, or not to text, is refused.
 * @throws TypeError naming the path.
 */
export function planOfPaths(paths: readonly string[], message: DescMessage | undefined): FieldPlan {
  return paths.map((path) => {
    const [first = '', ...rest] = path.split('.');
    return stepOf(path, first, rest, '', message);
  });
}

function stepOf(
  whole: string,
  name: string,
  rest: readonly string[],
  before: string,
  message?: DescMessage,
): FieldStep {
  const field = message?.fields.find((each) => each.name === name || each.localName === name);
  if (message && !field) throw new TypeError(`${JSON.stringify(whole)} is no field of ${message.typeName}`);
  const path = before === '' ? name : `${before}.${name}`;
  const [next, ...further] = rest;
  if (field && !(next === undefined ? isText(field) : field.message)) {
    throw new TypeError(
      `${JSON.stringify(whole)}: ${field.toString()} is no ${next === undefined ? 'text' : 'message'}`,
    );
  }
  const deeper = next === undefined ? undefined : stepOf(whole, next, further, path, field?.message);
  return fieldStep(path, name, field, deeper && (() => [deeper]));
}

/** A step by its descriptor, or by its name alone. */
export function fieldStep(
  path: string,
  name: string,
  field: DescField | undefined,
  inside: FieldStep['inside'],
): FieldStep {
  const camel = name.replaceAll(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  const pascal = camel.charAt(0).toUpperCase() + camel.slice(1);
  const getters = [`get${pascal}`, `get${pascal}List`]; // google-protobuf
  return Object.freeze({
    path,
    names: [...new Set([...(field ? [field.localName, field.name] : []), name, camel, ...getters])],
    oneof: field?.oneof?.localName,
    mayBeMissing: field !== undefined && (field.oneof !== undefined || field.fieldKind === 'message'),
    map: field?.fieldKind === 'map',
    inside,
  });
}

/** Whether a field, or each value in it, is text. */
export function isText({ scalar }: DescField): boolean {
  return scalar === ScalarType.STRING;
}

/**
 * Looks through a message of any of the libraries: protobuf-es, proto-loader, ts-proto, google-protobuf.
 * @param wallet the caller's, in EIP-55 case; nobody's fields are right.
 * @returns the path of the first field that is not the caller's wallet.
 */
export function firstForeign(plan: FieldPlan, message: unknown, wallet: string | undefined): string | undefined {
  for (const step of plan) {
    const value = read(message, step);
    if (value === undefined || value === null) {
      if (step.mayBeMissing && typeof (message as { $typeName?: unknown }).$typeName === 'string') continue;
      return step.path;
    }
    for (const each of valuesOf(value, step)) {
      const foreign = step.inside
        ? firstForeign(step.inside(), each, wallet)
        : isOwn(each, wallet)
          ? undefined
          : step.path;
      if (foreign !== undefined) return foreign;
    }
  }
  return undefined;
}

function read(message: unknown, { names, oneof }: FieldStep): unknown {
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

function valuesOf(value: unknown, { map }: FieldStep): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return map && typeof value === 'object' && value !== null ? Object.values(value) : [value];
}

/** Both sides in EIP-55 case are the same text exactly if they are the same 20 bytes. */
function isOwn(text: unknown, wallet: string | undefined): boolean {
  return typeof text === 'string' && wallet !== undefined && (text === wallet || parseAddress(text) === wallet);
}
