export { decisionMetrics, type DecisionMetrics, type CachesTokens } from './decision-metrics.js';
