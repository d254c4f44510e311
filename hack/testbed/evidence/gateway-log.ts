import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { gatewayProxy } from '../../cluster/parts/mesh.ts';

/** Istio's default format of an access log, as far as it shows why no pod has answered. */
const LINE =
  /^\[(?<at>[^\]]+)\] "[^"]*" (?<status>\d+) (?<flags>\S+) (?<details>\S+).* "(?<host>[^"]*)" "[^"]*" (?<cluster>\S+)/;
const MOST = 8;

/** Requests since a moment (epoch milliseconds) to a host. */
export interface Asked {
  readonly host: string;
  readonly since: number;
}

/**
 * Why the proxy has answered a request itself, as `12:30:01.250 503 NC cluster_not_found, outbound|80||model`; null if
 * the line of its access log is about another request, or a pod has answered.
 */
export function refusalIn(line: string, { host, since }: Asked): string | null {
  const { at = '', status, flags = '-', details, cluster, host: found } = LINE.exec(line)?.groups ?? {};
  if (found !== host || flags === '-' || Date.parse(at) < since) return null;
  return `${at.slice(11, 23)} ${status} ${flags} ${details}, ${cluster}`;
}

/** The first requests that the gateway has answered itself. */
export async function refusalsOf(logs: string, asked: Asked): Promise<string[]> {
  const found: string[] = [];
  const input = createReadStream(join(logs, `${gatewayProxy.name}.log`), 'utf8');
  for await (const line of createInterface({ input })) {
    const refusal = line.includes(asked.host) ? refusalIn(line, asked) : null;
    if (refusal !== null) found.push(refusal);
    if (found.length === MOST) break;
  }
  input.destroy();
  return found;
}
