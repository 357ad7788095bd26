/** @throws Error with the message unless it is so. */
export function check(isSo: boolean, message: string): asserts isSo {
  if (!isSo) throw new Error(message);
}

/** @throws Error that says what is not as it has to be, and how it is, unless both have the same content. */
export function same(actual: unknown, expected: unknown, what: string): void {
  const [is, shouldBe] = [show(actual), show(expected)];
  check(is === shouldBe, `${what}: is ${is}, should be ${shouldBe}`);
}

/** A value as text; equal for equal content, whatever the order of an object's members. */
function show(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`;
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value !== 'object' || value === null) return String(value);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  const texts = members.map(([name, member]) => `${name}: ${show(member)}`).toSorted();
  return `{ ${texts.join(', ')} }`;
}
