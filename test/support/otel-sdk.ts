import { metrics } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
  type DataPoint,
} from '@opentelemetry/sdk-metrics';
import { onTestFinished } from 'vitest';

/** The SDK as an operator sets it up, and what it would export now. It ends with its test. */
export function sdk() {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ readers: [reader] });
  onTestFinished(async () => {
    await provider.shutdown();
    metrics.disable();
  });
  async function points<T = number>(name: string): Promise<readonly DataPoint<T>[]> {
    await provider.forceFlush();
    const latest = exporter.getMetrics().at(-1)?.scopeMetrics ?? [];
    const metric = latest.flatMap((scope) => scope.metrics).find(({ descriptor }) => descriptor.name === name);
    return (metric?.dataPoints ?? []) as DataPoint<T>[];
  }
  const table = async (name: string) => (await points(name)).map(({ attributes, value }) => [attributes, value]);
  return { provider, points, table };
}
