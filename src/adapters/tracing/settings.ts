import { SluiceError } from '../../errors.ts';

/** The variables of OpenTelemetry that decide whether traces are sent, and how. The exporter reads the others itself. */
export type OtelVariables = Readonly<Record<string, string | undefined>>;

const HTTP_PROTOBUF = 'http/protobuf';
const ENDPOINTS = ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT'] as const;
const PROTOCOLS = ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL'] as const;

function refuse(message: string): never {
  throw new SluiceError('CONFIG_INVALID', message, { retry: 'terminal' });
}

/** What is wrong with an endpoint must be said at the start: the exporter would only log it, once for each batch. */
function checkEndpoint(name: string, text: string): void {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['http:', 'https:'].includes(url.protocol))
    refuse(
      `${name}: "${text}" must be a URL that begins with http:// or https://, such as http://collector:4318`,
    );
}

/**
 * Whether traces are sent: an endpoint is given, and neither OTEL_SDK_DISABLED nor OTEL_TRACES_EXPORTER says otherwise.
 * Fails with CONFIG_INVALID for what this exporter does not speak.
 */
export function tracesAreOn(env: OtelVariables): boolean {
  const { OTEL_SDK_DISABLED: disabled = '', OTEL_TRACES_EXPORTER: exporter = 'otlp' } = env;
  const endpoint = ENDPOINTS.find((name) => (env[name] ?? '') !== '');
  if (endpoint === undefined || disabled.toLowerCase() === 'true' || exporter === 'none') return false;
  if (exporter !== 'otlp') refuse(`OTEL_TRACES_EXPORTER: "${exporter}" is not known; write otlp or none`);
  for (const name of PROTOCOLS) {
    const protocol = env[name] ?? '';
    if (protocol !== '' && protocol !== HTTP_PROTOBUF)
      refuse(
        `${name}: "${protocol}" is not spoken; write ${HTTP_PROTOBUF}, which collectors take at port 4318`,
      );
  }
  checkEndpoint(endpoint, env[endpoint] ?? '');
  return true;
}
