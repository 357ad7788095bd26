import { createContextKey, type HandlerContext, type Interceptor } from '@connectrpc/connect';

import type { Gate } from '../../gate/create-gate.js';
import { handlerError } from '../status.js';
import { ConnectCall, internalError, type CallParts } from './connect-call.js';
import { setAdmitted } from './identity-of.js';

/** What has a gate decide about every call. */
export interface GatedCalls {
  /** Decides before the body of the request is received; called from Connect 2.2 on. */
  requestGate(context: HandlerContext): void | Promise<void>;
  /** Decides where no `requestGate` was called, and sees to the messages and the end of each call. */
  readonly interceptor: Interceptor;
}

type AnyNext = Parameters<Interceptor>[0];
type AnyRequest = Parameters<AnyNext>[0];
type StreamRequest = Extract<AnyRequest, { readonly stream: true }>;
type AnyResponse = Awaited<ReturnType<AnyNext>>;

/** Makes both halves. A call that the gate decided about has a mark, without which the interceptor has it decide. */
export function gatedCalls(gate: Gate): GatedCalls {
  const markKey = createContextKey<ConnectCall | undefined>(undefined, { description: 'wallet-auth mark' });

  function admit(parts: CallParts): void | Promise<void> {
    const call = new ConnectCall(parts);
    const mark = () => void parts.values.set(markKey, call);
    try {
      const decided = call.admit(gate, parts.signal);
      return decided === undefined ? mark() : decided.then(mark);
    } catch (error) {
      throw internalError(error);
    }
  }

  return {
    requestGate: ({ method, requestHeader, values, signal }) =>
      admit({ method, header: requestHeader, values, signal }),
    interceptor: (next) => async (request) => {
      const { method, header, contextValues: values, signal } = request;
      if (values.get(markKey) === undefined) await admit({ method, header, values, signal }); // Connect before 2.2
      const call = values.get(markKey);
      if (call === undefined) throw internalError('the gate left no mark');
      setAdmitted(values, call);
      return request.stream ? runStream(call, request, next) : runUnary(call, request, next);
    },
  };
}

async function runUnary(call: ConnectCall, request: AnyRequest, next: AnyNext): Promise<AnyResponse> {
  const check = call.checkMessage(request.message);
  if (check !== undefined) await check;
  try {
    const response = await next(request);
    call.announceExpiry(response.header);
    return response;
  } catch (error) {
    throw handlerError(error);
  }
}

async function runStream(call: ConnectCall, request: StreamRequest, next: AnyNext): Promise<AnyResponse> {
  const message = call.requests(request.message);
  const signal = call.signalFor(request.signal);
  let response: AnyResponse;
  try {
    response = await call.untilAnswered(next({ ...request, message, signal }));
  } catch (error) {
    throw call.failureOf(error);
  }
  call.announceExpiry(response.header);
  return response.stream ? { ...response, message: call.responses(response.message) } : response;
}
