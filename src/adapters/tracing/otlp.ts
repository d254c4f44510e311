import { AsyncLocalStorage } from 'node:async_hooks';
import { DiagLogLevel, diag } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace';
import type { Clock } from '../../clock.ts';
import type { Log, Tracing } from '../../ports/telemetry.ts';
import { readable, type Span } from './readable.ts';

type CurrentSpan = NonNullable<ReturnType<Parameters<Tracing['within']>[0]>>;

/** How long the last spans may take at the end, milliseconds. */
const STOP_MS = 3_000;

interface TracingDeps {
  readonly version: string;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Pick<Log, 'warn'>;
  /** 16 hexadecimal digits that no other span has. */
  readonly newId: () => string;
}

const quiet = (): void => {};

/** Sends spans by OTLP over HTTP, where and how the OTEL_ variables say; a collector that is away costs only its spans. */
export function sendTraces({ version, clock, log, newId }: TracingDeps): Tracing {
  const say = (message: string): void => log.warn({ problem: message.slice(0, 500) }, 'traces are not sent');
  diag.setLogger({ error: say, warn: say, info: quiet, debug: quiet, verbose: quiet }, DiagLogLevel.WARN);
  const own = resourceFromAttributes({ 'service.name': 'sluice', 'service.version': version });
  const resource = own.merge(detectResources({ detectors: [envDetector] }));
  const processor = new BatchSpanProcessor({ exporter: new OTLPTraceExporter() });
  const current = new AsyncLocalStorage<CurrentSpan>();
  const send = (span: Span): void => processor.onEnd(readable(span, resource, version));
  return {
    isOn: true,
    emit: (spans) => spans().forEach(send),
    within: (find, work) => {
      const span = find();
      return span === null ? work() : current.run(span, work);
    },
    requested: (name, seconds, attributes, failed) => {
      const parent = current.getStore();
      if (parent === undefined) return;
      const to = clock.now();
      const about = failed === undefined ? {} : { failed };
      const { trace, id } = parent;
      send({
        trace,
        id: newId(),
        parent: id,
        name,
        from: to - seconds * 1_000,
        to,
        attributes,
        ...about,
      });
    },
    stop: async () => {
      const late = new Promise<void>((resolve) => {
        setTimeout(resolve, STOP_MS).unref();
      });
      await Promise.race([processor.shutdown().catch(quiet), late]);
    },
  };
}
