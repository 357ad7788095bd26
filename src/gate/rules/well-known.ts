import type { AuthRules } from './declared-rules.js';

/** Methods of services that are registered beside an operator's own, by libraries that keep their definitions to themselves. */
export const WELL_KNOWN_METHODS: readonly string[] = [
  '/grpc.health.v1.Health/Check',
  '/grpc.health.v1.Health/List',
  '/grpc.health.v1.Health/Watch',
  '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
  '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo',
];

/** Lets load balancers ask for health without a token. Spread it into `rules`. */
export const healthRules: AuthRules = Object.freeze({ 'grpc.health.v1.Health/*': 'public' });

/** Lets tools such as `buf curl` and grpcurl read the schema without a token. Spread it into `rules`. */
export const reflectionRules: AuthRules = Object.freeze({
  'grpc.reflection.v1.ServerReflection/*': 'public',
  'grpc.reflection.v1alpha.ServerReflection/*': 'public',
});
