export { decisionMetrics, type DecisionMetrics, type TokenCacheStats } from './decision-metrics.js';
