import { ServerInterceptingCall, type Metadata, type ServerInterceptor } from '@grpc/grpc-js';

import { fastestCurve } from '../../curves/fastest-curve.js';
import { refusal } from '../../errors.js';
import type { CallInfo } from '../../gate/call/call.js';
import { createGate, type Gate } from '../../gate/create-gate.js';
import type { Admission, Decision } from '../../gate/decision.js';
import type { GateOptions } from '../../gate/options.js';
import type { RuleCoverage } from '../../gate/rules/check-rules.js';
import { methodsOf } from '../../gate/rules/service-methods.js';
import { refusalStatus, type RefusalStatus } from '../../status-details.js';
import { EXPIRES_KEY } from '../expires-key.js';
import type { GrpcService } from '../service-definition.js';
import { statusToSend, type StatusToSend } from '../status.js';
import { admittedContext, type AuthContext } from './identity-of.js';
import { onceCancelled, type CancellableListener } from './once-cancelled.js';
import { peerOf } from './peer.js';

/** Everything that `walletAuth` takes; see the README for a table. */
export type WalletAuthOptions = GateOptions<Metadata>;

/** The server interceptor, with what a start-up check needs. */
export interface WalletAuthInterceptor extends ServerInterceptor {
  /** The name of the curve in use. */
  readonly curve: string;
  /** How many verified tokens are cached now. */
  readonly cachedTokens: number;
  /**
   * Compares the rules with the services that the server registers.
   * @throws TypeError naming a rule that names no method.
   */
  checkRules(services: Iterable<GrpcService>): readonly RuleCoverage[];
}

/**
 * Makes the server interceptor: `new Server({ interceptors: [walletAuth()] })` asks every caller of every method for a token.
 * Interceptors listed before it also see calls that it refuses, those after it only admitted ones. Methods that are not
 * registered answer UNIMPLEMENTED without any interceptor.
 * @throws TypeError if an option is wrong.
 */
export function walletAuth(options: WalletAuthOptions = {}): WalletAuthInterceptor {
  const { curve = fastestCurve() } = options ?? {};
  const gate = createGate(options && { ...options, curve });
  const interceptor: ServerInterceptor = ({ path }, call) => new WalletAuthCall(call, path, gate);
  const facts = {
    curve: gate.curve,
    checkRules: (services: Iterable<GrpcService>) => gate.checkRules(methodsOf(services).keys()),
  };
  Object.defineProperty(interceptor, 'cachedTokens', { get: () => gate.cachedTokens, enumerable: true });
  return Object.freeze(Object.assign(interceptor, facts) as WalletAuthInterceptor);
}

type InnerCall = ConstructorParameters<typeof ServerInterceptingCall>[0];
type Listener = Parameters<ServerInterceptingCall['start']>[0];
type Next<T> = (passed: T) => void;

/**
 * One call on its way through the door: before it is admitted it ends in exactly one of `next` or `sendStatus`, whatever
 * happens. After that, a message that is refused ends it: the caller gets the status behind the messages already sent, the
 * handler is told by `onCancel`, and nothing that the handler still says goes out.
 */
class WalletAuthCall extends ServerInterceptingCall {
  readonly #method: string;
  readonly #gate: Gate<Metadata>;
  #admission: Admission | undefined;
  #handler: CancellableListener | undefined;
  #over = false;

  constructor(call: InnerCall, method: string, gate: Gate<Metadata>) {
    super(call, {
      start: (next) => {
        next({
          onReceiveMetadata: (metadata, admit) => this.#receive(metadata, admit),
          onReceiveMessage: (message: unknown, pass) => this.#receiveMessage(message, pass),
        });
      },
    });
    this.#method = method;
    this.#gate = gate;
  }

  override start(listener: Listener): void {
    this.#handler = onceCancelled(listener);
    super.start(this.#handler);
  }

  override getAuthContext(): AuthContext {
    const context = super.getAuthContext();
    return this.#admission ? admittedContext(context, this.#admission.identity) : context;
  }

  override sendMetadata(metadata: Metadata): void {
    if (this.#over) return undefined;
    const expiresAtMs = this.#admission?.expiresAtMs;
    if (expiresAtMs === undefined) return super.sendMetadata(metadata);
    const own = metadata.clone(); // a handler may send one object to many callers
    own.set(EXPIRES_KEY, String(expiresAtMs));
    return super.sendMetadata(own);
  }

  override sendMessage(message: unknown, callback: () => void): void {
    if (!this.#over) super.sendMessage(message, callback);
  }

  override sendStatus(status: StatusToSend): void {
    if (this.#over) return;
    this.#over = true;
    super.sendStatus(status);
  }

  #receive(metadata: Metadata, next: Next<Metadata>): void {
    try {
      const facts = new GrpcCallInfo(this, this.#method, metadata);
      const decision = this.#gate.decide(facts, metadata.get('authorization'));
      if (!(decision instanceof Promise)) return this.#obey(decision, metadata, next);
      decision.then((late) => this.#obey(late, metadata, next)).catch((error: unknown) => this.#fail(error));
    } catch (error) {
      this.#fail(error);
    }
  }

  #obey(decision: Decision, metadata: Metadata, next: Next<Metadata>): void {
    if (!decision.admitted) return this.sendStatus(statusToSend(decision.status));
    this.#admission = decision;
    return next(metadata);
  }

  #receiveMessage(message: unknown, next: Next<unknown>): void {
    const check = this.#admission?.checkMessage;
    if (check === undefined) return next(message);
    try {
      const refused = check(message);
      if (!(refused instanceof Promise)) return this.#obeyMessage(refused, message, next);
      refused.then((late) => this.#obeyMessage(late, message, next)).catch((error: unknown) => this.#fail(error));
    } catch (error) {
      this.#fail(error);
    }
  }

  #obeyMessage(refused: RefusalStatus | undefined, message: unknown, next: Next<unknown>): void {
    if (refused === undefined) return next(message);
    return this.#end(statusToSend(refused));
  }

  /** Ends a call that has a handler, unless it ended by itself. The handler is told later, as it would be by grpc-js. */
  #end(status: StatusToSend): void {
    this.sendStatus(status);
    process.nextTick(() => this.#handler?.onCancel());
  }

  /** The last resort: whatever went wrong, the call ends closed and the process lives. */
  #fail(cause: unknown): void {
    this.#end(statusToSend(refusalStatus(refusal('INTERNAL', { cause }), Date.now())));
  }
}

/** What hooks may know. Accessors, so that logging the object prints neither metadata nor token. */
class GrpcCallInfo implements CallInfo<Metadata> {
  readonly method: string;
  readonly #call: ServerInterceptingCall;
  readonly #metadata: Metadata;

  constructor(call: ServerInterceptingCall, method: string, metadata: Metadata) {
    this.method = method;
    this.#call = call;
    this.#metadata = metadata;
  }

  get peer(): string {
    return peerOf(this.#call);
  }

  get metadata(): Metadata {
    return this.#metadata;
  }

  header(key: string): readonly string[] {
    return this.#metadata.get(key).filter((value) => typeof value === 'string');
  }
}
