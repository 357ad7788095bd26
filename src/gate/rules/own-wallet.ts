import type { DescExtension, DescField, DescMessage, ScalarType } from '@bufbuild/protobuf';

import { descriptors, protobuf } from '#protobuf';

/** Where in messages of one type the caller's own wallet address must be. Types that contain themselves have plans that do. */
export type MessagePlan = readonly FieldPlan[];

/** One field on the way there. */
export interface FieldPlan {
  /** The field's name as it is declared, for the refusal. */
  readonly name: string;
  /** The names that the field may have in a message. */
  readonly names: readonly string[];
  /** The name of the oneof that protobuf-es keeps the field in. */
  readonly oneof: string | undefined;
  /** Whether the field may be missing, by its descriptor. */
  readonly mayBeMissing: boolean;
  /** Whether the values of a map are meant. */
  readonly map: boolean;
  /** What to look at inside; `undefined` if the field itself must be the address. */
  readonly inside: MessagePlan | undefined;
}

/**
 * Makes a plan out of paths.
 * @param paths valid ones, with dots.
 * @param message the type of the messages, if it is known: then a path that leads nowhere, or not to text, is refused.
 * @throws TypeError naming the path.
 */
export function planOfPaths(paths: readonly string[], message: DescMessage | undefined): MessagePlan {
  return paths.map((path) => planOfPath(path, path.split('.'), message));
}

function planOfPath(whole: string, [name = '', ...rest]: readonly string[], message?: DescMessage): FieldPlan {
  const field = message?.fields.find((each) => each.name === name || each.localName === name);
  if (message && !field) throw new TypeError(`${JSON.stringify(whole)} is no field of ${message.typeName}`);
  const isLast = rest.length === 0;
  if (field && !(isLast ? isText(field) : field.message)) {
    throw new TypeError(`${JSON.stringify(whole)}: ${field.toString()} is no ${isLast ? 'text' : 'message'}`);
  }
  return fieldPlan(name, field, isLast ? undefined : [planOfPath(whole, rest, field?.message)]);
}

/**
 * Makes the plan of the fields that a `.proto` marks with `(walletauth.v1.own_wallet)`, in the message and in the messages
 * inside. There is one plan for each message type, whatever messages hold.
 * @returns `undefined` if there are none.
 * @throws TypeError naming a field that has the option and is no text.
 */
export function planOfOptions(root: DescMessage): MessagePlan | undefined {
  const marked = typesWithMarks(root);
  const plans = new Map<DescMessage, MessagePlan>();
  function planOf(message: DescMessage): MessagePlan {
    const known = plans.get(message);
    if (known) return known;
    const plan: FieldPlan[] = [];
    plans.set(message, plan);
    for (const field of message.fields) {
      if (isMarked(field)) plan.push(fieldPlan(field.name, field, undefined));
      else if (field.message && marked.has(field.message))
        plan.push(fieldPlan(field.name, field, planOf(field.message)));
    }
    return plan;
  }
  return marked.has(root) ? planOf(root) : undefined;
}

/** The types, of all that a message can hold at any depth, that can hold a marked field themselves. */
export function typesWithMarks(root: DescMessage): ReadonlySet<DescMessage> {
  const types = new Set([root]);
  for (const type of types) for (const { message } of type.fields) if (message) types.add(message);
  const marked = new Set<DescMessage>();
  let before: number;
  do {
    before = marked.size;
    for (const type of types) {
      if (type.fields.map((field) => isMarked(field) || (field.message && marked.has(field.message))).includes(true))
        marked.add(type);
    }
  } while (marked.size > before);
  return marked;
}

/** @throws TypeError naming a field or extension that has the option and is no text. */
export function isMarked(field: DescField | DescExtension): boolean {
  const { getOption, hasOption } = protobuf();
  const { own_wallet } = descriptors();
  if (!hasOption(field, own_wallet) || !getOption(field, own_wallet)) return false;
  if (!isText(field)) throw new TypeError(`${field.toString()}: own_wallet is for text`);
  return true;
}

const STRING: ScalarType.STRING = 9;

/** Whether a field, or each value in it, is text. */
function isText({ scalar }: DescField | DescExtension): boolean {
  return scalar === STRING;
}

/** A field by its descriptor, or by its name alone. */
function fieldPlan(name: string, field: DescField | undefined, inside: MessagePlan | undefined): FieldPlan {
  const camel = name.replaceAll(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  const pascal = camel.charAt(0).toUpperCase() + camel.slice(1);
  const getters = [`get${pascal}`, `get${pascal}List`]; // google-protobuf
  return Object.freeze({
    name,
    names: [...new Set([...(field ? [field.localName, field.name] : []), name, camel, ...getters])],
    oneof: field?.oneof?.localName,
    mayBeMissing: field !== undefined && (field.oneof !== undefined || field.fieldKind === 'message'),
    map: field?.fieldKind === 'map',
    inside,
  });
}
