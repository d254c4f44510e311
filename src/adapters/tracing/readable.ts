import { type HrTime, type SpanContext, SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { Tracing } from '../../ports/telemetry.ts';

/** A span of ours. */
export type Span = ReturnType<Parameters<Tracing['emit']>[0]>[number];

function hrTime(ms: number): HrTime {
  const seconds = Math.floor(ms / 1_000);
  return [seconds, Math.round((ms - seconds * 1_000) * 1e6)];
}

const contextOf = (traceId: string, id: string): SpanContext => ({
  traceId,
  spanId: id,
  traceFlags: TraceFlags.SAMPLED,
});

/** A span of ours as OpenTelemetry's exporter reads it. */
export function readable(span: Span, resource: Resource, version: string): ReadableSpan {
  const { trace, id, parent, name, from, to, attributes, failed } = span;
  return {
    name,
    kind: SpanKind.INTERNAL,
    spanContext: () => contextOf(trace, id),
    ...(parent === undefined ? {} : { parentSpanContext: contextOf(trace, parent) }),
    startTime: hrTime(from),
    endTime: hrTime(Math.max(from, to)),
    duration: hrTime(Math.max(0, to - from)),
    status:
      failed === undefined ? { code: SpanStatusCode.UNSET } : { code: SpanStatusCode.ERROR, message: failed },
    attributes,
    links: [],
    events: [],
    ended: true,
    resource,
    instrumentationScope: { name: 'sluice', version },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}
