export { decisionMetrics, type DecisionMetrics, type TokenCacheStats } from './decision-metrics.js';
export { deviceMetrics, type WatchedDevices } from './device-metrics.js';
