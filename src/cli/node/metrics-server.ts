import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';

import { decisionMetrics, type DecisionMetrics } from '../../otel/decision-metrics.js';
import { systemReason } from '../files.js';

/** Counts decisions and exposes the metrics to Prometheus. */
export interface MetricsServer {
  /** The URL of the metrics. */
  readonly url: string;
  /** The listener for `onDecision`. */
  readonly listener: DecisionMetrics;
  stop(): Promise<void>;
}

const PATH = '/metrics';

/**
 * Starts an HTTP server that answers `GET /metrics`.
 * @param port 0 chooses a free one.
 * @throws Error if it cannot listen there.
 */
export async function startMetricsServer(host: string, port: number): Promise<MetricsServer> {
  const exporter = new PrometheusExporter({ preventServerStart: true });
  const provider = new MeterProvider({ readers: [exporter] });
  const server = createServer((request, response) => {
    const [path] = (request.url ?? '').split('?', 1);
    if (path === PATH && request.method === 'GET') return exporter.getMetricsRequestHandler(request, response);
    return void response.writeHead(404).end();
  });
  const bound = await listen(server, host, port);
  return Object.freeze({
    url: `http://${hostPart(host)}:${bound}${PATH}`,
    listener: decisionMetrics(provider),
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => void server.close(resolve));
      await provider.shutdown();
    },
  });
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      reject(new Error(`cannot listen on ${hostPart(host)}:${port}: ${systemReason(cause)}`, { cause }));
    });
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}

function hostPart(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
