import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

/** One request as the API server's audit log has it. */
interface AuditEntry {
  readonly verb: string;
  readonly user: {
    readonly username: string;
    readonly extra?: Readonly<Record<string, readonly string[]>>;
  };
  readonly responseStatus?: { readonly code?: number };
  readonly objectRef?: {
    readonly resource?: string;
    readonly subresource?: string;
    readonly namespace?: string;
  };
  readonly requestReceivedTimestamp: string;
}

/** Requests of one user in a span of time, by verb and resource, watches aside. */
export async function requestsOf(
  auditLog: string,
  user: string,
  from: number,
  to: number,
): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for await (const line of createInterface({ input: createReadStream(auditLog) })) {
    if (!line.includes(user)) continue;
    const entry = JSON.parse(line) as AuditEntry;
    const at = Date.parse(entry.requestReceivedTimestamp);
    if (entry.user.username !== user || at < from || at > to || entry.verb === 'watch') continue;
    const { resource = '', subresource } = entry.objectRef ?? {};
    const key = `${entry.verb} ${resource}${subresource === undefined ? '' : `/${subresource}`}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

/** When a user asked for something in a namespace, epoch milliseconds, watches and leases aside. */
export async function requestsAbout(auditLog: string, user: string, namespace: string): Promise<number[]> {
  const found: number[] = [];
  for await (const line of createInterface({ input: createReadStream(auditLog) })) {
    if (!line.includes(namespace) || !line.includes(user)) continue;
    const entry = JSON.parse(line) as AuditEntry;
    const { resource, namespace: where } = entry.objectRef ?? {};
    const counts = entry.user.username === user && where === namespace && entry.verb !== 'watch';
    if (counts && resource !== 'leases') found.push(Date.parse(entry.requestReceivedTimestamp));
  }
  return found;
}

/** All of them together, without the lease, which is renewed with or without a release. */
export function totalOf(counts: Readonly<Record<string, number>>): number {
  return Object.entries(counts)
    .filter(([key]) => !key.endsWith(' leases'))
    .reduce((sum, [, count]) => sum + count, 0);
}

const CREDENTIAL = 'authentication.kubernetes.io/credential-id';
const WRITES = ['create', 'update', 'patch', 'delete'];

/** Writes under one token that were done (refused ones left out) in a span of time, such as `patch releases/status`. */
export async function writesUnder(
  auditLog: string,
  credential: string,
  from: number,
  to: number,
): Promise<string[]> {
  const found: string[] = [];
  for await (const line of createInterface({ input: createReadStream(auditLog) })) {
    if (!line.includes(credential)) continue;
    const { verb, user, objectRef, responseStatus, requestReceivedTimestamp } = JSON.parse(
      line,
    ) as AuditEntry;
    const at = Date.parse(requestReceivedTimestamp);
    const isTheirs = user.extra?.[CREDENTIAL]?.includes(credential) === true;
    const isDone = WRITES.includes(verb) && (responseStatus?.code ?? 0) < 300;
    if (!isTheirs || !isDone || at < from || at > to) continue;
    const { resource = '', subresource } = objectRef ?? {};
    found.push(`${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`}`);
  }
  return found;
}
