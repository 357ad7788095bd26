export { decisionMetrics, type DecisionMetrics, type RemembersTokens } from './decision-metrics.js';
