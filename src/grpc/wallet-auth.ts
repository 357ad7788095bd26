import { ServerInterceptingCall, type Metadata, type ServerInterceptor } from '@grpc/grpc-js';

import { fastestCurve } from '../curves/fastest-curve.js';
import { refusal } from '../errors.js';
import type { RuleCoverage } from '../gate/check-rules.js';
import { createGate, type Admission, type Decision, type Gate } from '../gate/create-gate.js';
import { refusalStatus } from '../gate/error-details.js';
import type { CallFacts, GateOptions } from '../gate/options.js';
import { EXPIRES_KEY } from './expires-key.js';
import { admittedContext, type AuthContext } from './identity-of.js';
import { methodPaths, type GrpcService } from './service-definition.js';
import { statusToSend } from './status.js';

/** Everything that `walletAuth` takes; see the README for a table. */
export type WalletAuthOptions = GateOptions<Metadata>;

/** The server interceptor, with what a start-up check needs. */
export interface WalletAuthInterceptor extends ServerInterceptor {
  /** The name of the curve in use. */
  readonly curve: string;
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
  return Object.freeze(
    Object.assign(interceptor, {
      curve: gate.curve,
      checkRules: (services: Iterable<GrpcService>) => gate.checkRules(methodPaths(services)),
    }),
  );
}

type InnerCall = ConstructorParameters<typeof ServerInterceptingCall>[0];
type Next = (metadata: Metadata) => void;

/** One call on its way through the door: it ends in exactly one of `next` or `sendStatus`, whatever happens. */
class WalletAuthCall extends ServerInterceptingCall {
  readonly #method: string;
  readonly #gate: Gate<Metadata>;
  #admission: Admission | undefined;

  constructor(call: InnerCall, method: string, gate: Gate<Metadata>) {
    super(call, {
      start: (next) => {
        next({ onReceiveMetadata: (metadata, admit) => this.#receive(metadata, admit) });
      },
    });
    this.#method = method;
    this.#gate = gate;
  }

  override getAuthContext(): AuthContext {
    const context = super.getAuthContext();
    return this.#admission ? admittedContext(context, this.#admission.identity) : context;
  }

  override sendMetadata(metadata: Metadata): void {
    const expiresAtMs = this.#admission?.expiresAtMs;
    if (expiresAtMs === undefined) return super.sendMetadata(metadata);
    const own = metadata.clone(); // a handler may send one object to many callers
    own.set(EXPIRES_KEY, String(expiresAtMs));
    return super.sendMetadata(own);
  }

  #receive(metadata: Metadata, next: Next): void {
    try {
      const facts = new GrpcCallFacts(this, this.#method, metadata);
      const decision = this.#gate.decide(facts, metadata.get('authorization'));
      if (!(decision instanceof Promise)) return this.#obey(decision, metadata, next);
      decision.then((late) => this.#obey(late, metadata, next)).catch((error: unknown) => this.#fail(error));
    } catch (error) {
      this.#fail(error);
    }
  }

  #obey(decision: Decision, metadata: Metadata, next: Next): void {
    if (!decision.admitted) return this.sendStatus(statusToSend(decision.status));
    this.#admission = decision;
    return next(metadata);
  }

  /** The last resort: whatever went wrong, the call ends closed and the process lives. */
  #fail(cause: unknown): void {
    this.sendStatus(statusToSend(refusalStatus(refusal('INTERNAL', { cause }), Date.now())));
  }
}

/** What hooks may know. Accessors, so that logging the object prints neither metadata nor token. */
class GrpcCallFacts implements CallFacts<Metadata> {
  readonly method: string;
  readonly #call: ServerInterceptingCall;
  readonly #metadata: Metadata;

  constructor(call: ServerInterceptingCall, method: string, metadata: Metadata) {
    this.method = method;
    this.#call = call;
    this.#metadata = metadata;
  }

  get peer(): string {
    return this.#call.getPeer();
  }

  get metadata(): Metadata {
    return this.#metadata;
  }

  header(key: string): readonly string[] {
    return this.#metadata.get(key).filter((value) => typeof value === 'string');
  }
}
