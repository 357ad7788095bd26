/** A message that waits; nobody gets it twice who looks at its number. */
export interface Message {
  readonly id: number;
  readonly text: string;
}

/** A row of the table of queues. */
export interface QueueRow {
  /** The key of release 1. */
  readonly tokenSha256?: string | undefined;
  /** The key of release 3. Release 2 writes both. */
  readonly deviceId?: string | undefined;
  readonly wallet: string;
  readonly madeMs: number;
  readonly messages: Message[];
}

type Keys = Pick<QueueRow, 'tokenSha256' | 'deviceId' | 'wallet'>;

/** What all nodes share: here in memory, elsewhere in a database. */
export class Tables {
  queues: QueueRow[] = [];
  /** Which device made a token, by its hash: new with release 2. */
  readonly devicesOfTokens = new Map<string, string>();
  readonly #nowMs: () => number;
  #lastId = 0;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Finds a row, or makes one. */
  found(keys: Keys, isIt: (row: QueueRow) => boolean): QueueRow {
    let row = this.queues.find(isIt);
    if (row === undefined) this.queues.push((row = { ...keys, madeMs: this.#nowMs(), messages: [] }));
    return row;
  }

  /** The device that a row belongs to, as far as that is known. */
  deviceOf({ deviceId, tokenSha256 = '' }: QueueRow): string | undefined {
    return deviceId ?? this.devicesOfTokens.get(tokenSha256);
  }

  /** Puts a message into all queues of a wallet. */
  send(wallet: string, text: string): void {
    const message = { id: ++this.#lastId, text };
    for (const row of this.queues) if (row.wallet === wallet) row.messages.push(message);
  }

  /** Empties rows. @returns what was in them, each message once, in the order in which they were sent. */
  take(rows: readonly QueueRow[]): string[] {
    return inOrder(rows.flatMap((row) => row.messages.splice(0))).map(({ text }) => text);
  }

  /** Of how many rows the device is known. */
  progress(): string {
    const mapped = this.queues.filter((row) => this.deviceOf(row) !== undefined);
    return `mapped ${mapped.length} of ${this.queues.length}`;
  }

  /**
   * How many rows are not mapped and may be asked for.
   * @param longestTokenMs how long a token may be good after a node has accepted it.
   */
  unmappedLive(longestTokenMs: number): number {
    const isLive = ({ madeMs }: QueueRow) => madeMs + longestTokenMs >= this.#nowMs();
    return this.queues.filter((row) => isLive(row) && this.deviceOf(row) === undefined).length;
  }

  /**
   * The end of the move, when no node of release 2 is left: one row for each device. A row that no device is known of is dropped:
   * its token has ended, so nobody can ask for it.
   * @returns how many were dropped.
   */
  finish(): number {
    const rows = new Map<string, QueueRow>();
    let dropped = 0;
    for (const row of this.queues) {
      const deviceId = this.deviceOf(row);
      if (deviceId === undefined) dropped++;
      else {
        const messages = inOrder([...(rows.get(deviceId)?.messages ?? []), ...row.messages]);
        rows.set(deviceId, { deviceId, wallet: row.wallet, madeMs: row.madeMs, messages });
      }
    }
    this.queues = [...rows.values()];
    this.devicesOfTokens.clear();
    return dropped;
  }
}

/** Messages in the order in which they were sent, each once. */
function inOrder(messages: readonly Message[]): Message[] {
  return [...new Map(messages.map((message) => [message.id, message])).values()].toSorted((a, b) => a.id - b.id);
}
