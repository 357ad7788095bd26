import type { RefusalStatus } from '../../status-details.js';

/** What a method asks of its callers. */
export type AuthRule =
  /** A good token, or no call. The default. */
  | 'required'
  /** A good token or none: the identity is there if the token is. A bad token is refused. */
  | 'optional'
  /** Anybody; the handler gets no identity and `authorize` is not called. A bad token is refused all the same. */
  | 'public';

/** How long a stream that was admitted may stay open. */
export type StreamRule =
  /** As long as client and handler like: the token counts when the stream is opened. */
  | 'at-open'
  /** Until the token that opened it ends. */
  | 'until-expiry'
  /** As long as its device presents good tokens, on any call to this node, and `graceMs` longer. The default. */
  | 'while-renewed';

/** A call as a transport hands it to the gate. */
export interface IncomingCall {
  /** `/package.Service/Method`. */
  readonly method: string;
  /**
   * The peer as the transport names it, such as `127.0.0.1:50101`; read only while the call is under way. `undefined` where the
   * transport was not given it: rules about addresses then refuse the call with INTERNAL.
   */
  readonly peer: string | undefined;
  /** Whether rules about addresses refuse the call where its peer has none, too, instead of leaving it alone. Default: no. */
  readonly mustHaveAddress?: boolean | undefined;
  /** The call's metadata, in the transport's own type. */
  readonly metadata: unknown;
  /** The values of a header that holds text, in order; none if it is not there. */
  header(name: string): readonly string[];
  /** Whether it is over before it was decided about, such as cancelled: then its token, when its turn comes, is not verified. */
  readonly isOver?: boolean | undefined;
  /** Where one side sends a stream of messages, the same for all calls of a method: what ends it. */
  readonly stream?: OpenStream | undefined;
}

/** A call that may stay open. */
export interface OpenStream {
  /** Ends it after it was admitted, if it is still under way: no message goes to its handler or its caller any more. */
  end(status: RefusalStatus): void;
  /**
   * Closes it hard after `end`, if its caller has not taken the status: one that reads nothing never would.
   * @returns whether that was necessary.
   */
  close?(): boolean;
}

/** A call as hooks see it. */
export interface CallInfo<Metadata = unknown> {
  /** `/package.Service/Method`. */
  readonly method: string;
  /** The caller's IP address, behind the proxies in `trustedProxies`; `undefined` if it has none, as on a Unix socket. */
  readonly address: string | undefined;
  /** The call's metadata, in the transport's own type. */
  readonly metadata: Metadata;
  /** The values of a header that holds text, in order; none if it is not there. */
  header(name: string): readonly string[];
}
