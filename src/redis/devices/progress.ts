/** Where a node is in the log: the newest entry that it has told of. */
export interface Position {
  readonly seq: number;
  /** The nonce of that entry; empty at the beginning. */
  readonly tip: string;
}

/** Where this node is, and for a while where it was. */
export interface Progress {
  readonly position: Position;
  /** Goes on to an entry. */
  advance(to: Position): void;
  /** Goes anywhere: what was before does not count any more. */
  jump(to: Position): void;
  /** Has every nonce kept from here on. */
  mark(): void;
  /** The nonce of an entry since the mark; `undefined` if this node has not got there. */
  tipAt(seq: number): string | undefined;
  /** Resolves when this node has got to a number, was told to stop waiting, or the time is up. */
  reached(seq: number, limitMs: number): Promise<void>;
  stopWaiting(): void;
}

/** Begins at nothing. */
export function createProgress(): Progress {
  let position: Position = { seq: 0, tip: '' };
  let tips = new Map<number, string>();
  let waiting: { readonly seq: number; readonly end: () => void } | undefined;

  function move(to: Position): void {
    position = to;
    tips.set(to.seq, to.tip);
    if (waiting !== undefined && to.seq >= waiting.seq) waiting.end();
  }

  function mark(): void {
    tips = new Map([[position.seq, position.tip]]);
  }

  return {
    get position() {
      return position;
    },
    advance: move,
    jump(to) {
      tips.clear();
      move(to);
    },
    mark,
    tipAt: (seq) => tips.get(seq),
    reached(seq, limitMs) {
      if (position.seq >= seq) return Promise.resolve();
      return new Promise((resolve) => {
        const end = () => {
          clearTimeout(timer);
          waiting = undefined;
          resolve();
        };
        const timer = setTimeout(end, limitMs);
        timer.unref();
        waiting = { seq, end };
      });
    },
    stopWaiting: () => waiting?.end(),
  };
}
