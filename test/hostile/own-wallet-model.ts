import { create, type DescMessage } from '@bufbuild/protobuf';
import fc from 'fast-check';

import { AuthError } from '../../src/errors.js';
import { firstForeign } from '../../src/gate/rules/first-foreign.js';
import { planOfOptions, type MessagePlan } from '../../src/gate/rules/own-wallet.js';
import { testWallets } from '../../src/testing/test-wallets.js';
import { builtProto, type BuiltField } from '../support/built-proto.js';

const alice = testWallets.alice.address;
const TEXTS = [alice, alice, alice.toLowerCase(), testWallets.bob.address, ''] as const;

/** Fields of one type: whether they are marked texts, or which type they hold. */
type Shape = readonly { readonly holds: number; readonly repeated: boolean; readonly own: boolean }[];

/** Message types that refer to each other and to themselves, and a message of the first as a list of choices. */
const shapes: fc.Arbitrary<readonly Shape[]> = fc.array(
  fc.array(fc.record({ holds: fc.integer({ min: -2, max: 3 }), repeated: fc.boolean(), own: fc.boolean() }), {
    minLength: 1,
    maxLength: 4,
  }),
  { minLength: 1, maxLength: 4 },
);

/** How far the first field that holds a message goes down, and how wide a list is; most are small. */
const sizes = fc.record({
  depth: fc.oneof({ weight: 5, arbitrary: fc.nat(6) }, { weight: 1, arbitrary: fc.integer({ min: 95, max: 105 }) }),
  width: fc.oneof({ weight: 9, arbitrary: fc.nat(5) }, { weight: 1, arbitrary: fc.constantFrom(24_990, 51_000) }),
});

/** Whatever types and messages there are: the answer is that of a plain walk by the descriptors, and no plan is made for a message. */
export const ownWalletModel = fc.property(
  shapes,
  fc.array(fc.nat(255), { minLength: 1, maxLength: 40 }),
  sizes,
  (types, choices, { depth, width }) => {
    const root = typeOf(types);
    const plan = planOfOptions(root);
    if (plan === undefined) {
      if (holdsMark(root)) throw new Error('no plan for a type that holds a mark');
      return;
    }
    const made = plansOf(plan);
    if (made > types.length) throw new Error(`${made} plans for ${types.length} types`);
    const message = messageOf(root, choices, depth, width);
    const answer = outcome(() => firstForeign(plan, message, alice));
    const expected = outcome(() => reference(root, message));
    if (answer !== expected) throw new Error(`${answer}, not ${expected}`);
    if (plansOf(plan) !== made) throw new Error('a message has made plans');
  },
);

function typeOf(types: readonly Shape[]): DescMessage {
  const field = ({ holds, repeated, own }: Shape[number], i: number): BuiltField =>
    holds >= 0
      ? { name: `f${i}`, message: `T${holds % types.length}`, repeated }
      : { name: `f${i}`, repeated, ...(own && { own }) };
  const messages = Object.fromEntries(types.map((shape, i) => [`T${i}`, shape.map(field)]));
  return builtProto({ messages }).getMessage('test.v1.T0')!;
}

/** A message in which every choice is the next of the list, over and over. */
function messageOf(root: DescMessage, choices: readonly number[], depth: number, width: number): object {
  let next = 0;
  const choose = (below: number) => (choices[next++ % choices.length] ?? 0) % below;
  let isWide = width > 100;
  const text = () => TEXTS[choose(TEXTS.length)] ?? '';
  function build(type: DescMessage, level: number): object {
    let goesDown = true;
    const init: Record<string, unknown> = {};
    for (const field of type.fields) {
      const { message } = field;
      const isList = field.fieldKind === 'list';
      if (message === undefined) init[field.localName] = isList ? Array.from({ length: choose(4) }, text) : text();
      else if (level < depth && goesDown) {
        goesDown = false;
        const below = build(message, level + 1);
        const count = isList ? (isWide ? width : 1 + choose(Math.min(3, width + 1))) : 1;
        if (isList) isWide = false;
        init[field.localName] = isList ? Array.from({ length: count }, () => below) : below;
      } else if (!isList && choose(4) === 0 && level < 6) init[field.localName] = create(message);
    }
    return create(type, init);
  }
  return build(root, 1);
}

/** The contract once more: by descriptors, without plans. */
function reference(root: DescMessage, message: object): string | undefined {
  let looks = 0;
  const look = () => {
    if (++looks > 50_000) throw new Error('too many fields');
  };
  function walk(type: DescMessage, value: object, depth: number): string | undefined {
    if (depth > 100) throw new Error('nested too deeply');
    for (const field of type.fields) {
      const own = marked.get(field) ?? false;
      const inside = field.message;
      if (!own && !(inside && holdsMark(inside))) continue;
      look();
      const content = (value as Record<string, unknown>)[field.localName];
      if (content === undefined) continue;
      const each = Array.isArray(content) ? content : [content];
      for (const item of each as unknown[]) {
        if (each.length > 1) look();
        if (inside === undefined) {
          if (item !== alice && item !== alice.toLowerCase()) return field.name;
          continue;
        }
        const path = walk(inside, item as object, depth + 1);
        if (path !== undefined) return `${field.name}.${path}`;
      }
    }
    return undefined;
  }
  const marked = marksOf(root);
  return walk(root, message, 1);
}

/** Which of all fields are marked, by their own bytes. */
function marksOf(root: DescMessage): ReadonlyMap<object, boolean> {
  return new Map([...typesOf(root)].flatMap(({ fields }) => fields.map((field) => [field, isMarked(field)])));
}

function isMarked(field: DescMessage['fields'][number]): boolean {
  return field.proto.options?.$unknown?.some(({ no }) => no === 87431602) === true;
}

function holdsMark(root: DescMessage): boolean {
  return [...typesOf(root)].some(({ fields }) => fields.some(isMarked));
}

function typesOf(root: DescMessage): ReadonlySet<DescMessage> {
  const types = new Set([root]);
  for (const type of types) for (const { message } of type.fields) if (message) types.add(message);
  return types;
}

function plansOf(plan: MessagePlan): number {
  const seen = new Set([plan]);
  for (const each of seen) for (const { inside } of each) if (inside) seen.add(inside);
  return seen.size;
}

function outcome(run: () => string | undefined): string {
  try {
    return run() ?? 'content';
  } catch (error) {
    if (error instanceof AuthError && error.reason !== 'ACCESS_DENIED') throw error;
    const { message } = error as Error;
    return message.includes('deep') ? 'too deep' : message.includes('many') ? 'too many' : `thrown: ${message}`;
  }
}
