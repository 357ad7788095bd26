import type { Gate } from './create-gate.js';
import type { ServiceShape } from './rules/service-methods.js';

/** What the adapter of a transport shows of its gate. */
export type GateFacts = Pick<
  Gate,
  'curve' | 'cachedTokens' | 'cachedDevices' | 'waitingTokens' | 'hardCloses' | 'checkRules'
>;

/** Shows a gate's facts on what stands for it at a transport. */
export function withGateFacts<T extends object>(target: T, gate: Gate): T & GateFacts {
  return Object.freeze(
    Object.defineProperties(target, {
      curve: { value: gate.curve, enumerable: true },
      cachedTokens: { get: () => gate.cachedTokens, enumerable: true },
      cachedDevices: { get: () => gate.cachedDevices, enumerable: true },
      waitingTokens: { get: () => gate.waitingTokens, enumerable: true },
      hardCloses: { get: () => gate.hardCloses, enumerable: true },
      checkRules: { value: (services: Iterable<ServiceShape>) => gate.checkRules(services), enumerable: true },
    }) as T & GateFacts,
  );
}
