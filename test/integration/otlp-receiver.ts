import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ownProgram } from '../../hack/cluster/binaries/own-program.ts';

import { createComponent } from '../../hack/cluster/process/component.ts';
import type { Access } from '../../hack/testbed/access.ts';

const Span = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().default(''),
  name: z.string(),
  startTimeUnixNano: z.coerce.bigint(),
  endTimeUnixNano: z.coerce.bigint(),
  status: z.object({ code: z.int().default(0), message: z.string().default('') }).prefault({}),
});
export type ReceivedSpan = z.infer<typeof Span>;

/** OTLP in JSON, as far as it matters here. */
const Exported = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes: z.array(z.object({ key: z.string(), value: z.unknown() })) }),
      scopeSpans: z.array(z.object({ spans: z.array(Span) })),
    }),
  ),
});
type Exported = z.infer<typeof Exported>;

/** A receiver of traces: the OpenTelemetry Collector's own. */
export interface OtlpReceiver {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly url: string;
  /** Everything that it has received so far. */
  received(): Promise<{ readonly spans: readonly ReceivedSpan[]; readonly resources: readonly string[] }>;
  stop(): Promise<void>;
}

/** Starts it on a port of the loopback. */
export async function startOtlpReceiver({ logs }: Pick<Access, 'logs'>, port: number): Promise<OtlpReceiver> {
  const logFile = join(logs, 'otlp-receiver.log');
  const address = `127.0.0.1:${port}`;
  const url = `http://${address}`;
  const component = createComponent({
    name: 'otlp-receiver',
    command: await ownProgram('otlp'),
    args: [address],
    logFile,
    // It answers nothing but POST.
    ready: async () => (await fetch(`${url}/v1/traces`)).status === 405,
  });
  await component.start();
  return {
    url,
    received: async () => {
      const lines = (await readFile(logFile, 'utf8')).split('\n').filter((line) => line.startsWith('{'));
      const all = lines.flatMap(
        (line): Exported['resourceSpans'] => Exported.parse(JSON.parse(line)).resourceSpans,
      );
      return {
        spans: all.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
        resources: [...new Set(all.map(({ resource }) => JSON.stringify(resource.attributes)))],
      };
    },
    stop: () => component.stop(),
  };
}
