/** What a runtime may have that begins a turn of its event loop sooner than a timer would. */
interface Host {
  readonly setImmediate?: (run: () => void) => unknown;
  readonly MessageChannel?: new () => { readonly port1: Port; readonly port2: Port };
}

interface Port {
  addEventListener(type: 'message', listener: () => void): void;
  start(): void;
  postMessage(message: null): void;
  close(): void;
}

/**
 * Makes what calls a function once, when the event loop has seen to what else there is to do: by `setImmediate` in Node, Deno and
 * Bun, by a message to itself in browsers and workers, by a timer where there is neither.
 */
export function turnsOf({ setImmediate, MessageChannel }: Host): (run: () => void) => void {
  if (setImmediate !== undefined) return (run) => void setImmediate(run);
  if (MessageChannel === undefined) return (run) => void setTimeout(run, 0);
  return (run) => {
    const { port1, port2 } = new MessageChannel();
    port1.addEventListener('message', () => {
      port1.close();
      run();
    });
    port1.start();
    port2.postMessage(null);
  };
}

/** That of this runtime. */
export const systemTurn: (run: () => void) => void = turnsOf(globalThis);
