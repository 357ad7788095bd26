/** An element of index.html. @throws if there is none of that kind. */
export function byId(id: string): HTMLElement;
export function byId<E extends HTMLElement>(id: string, kind: new () => E): E;
export function byId(id: string, kind: new () => HTMLElement = HTMLElement): HTMLElement {
  const element = document.getElementById(id);
  if (element instanceof kind) return element;
  throw new Error(`no element ${id} of that kind`);
}

/** Makes an element. Texts become text nodes, whatever is in them: nothing here is read as HTML. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Partial<HTMLElementTagNameMap[K]>,
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** A time of today, with its date where that is another one. */
export function makeTime(ms: bigint): HTMLTimeElement {
  const date = new Date(Number(ms));
  const isToday = date.toDateString() === new Date().toDateString();
  const text = date.toLocaleString([], isToday ? { timeStyle: 'short' } : { dateStyle: 'medium', timeStyle: 'short' });
  return make('time', { dateTime: date.toISOString(), title: date.toLocaleString() }, text);
}

/** `0x19E7…DAff2A`, with the whole address as its title and a colour of its own before it. */
export function makeAddress(address: string): HTMLElement {
  const dot = make('span', { className: 'dot', ariaHidden: 'true' });
  dot.style.setProperty('--hue', String(Number.parseInt(address.slice(2, 8), 16) % 360));
  return make('span', { className: 'address', title: address }, dot, `${address.slice(0, 6)}…${address.slice(-4)}`);
}
