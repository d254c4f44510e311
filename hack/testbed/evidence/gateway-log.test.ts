import { expect, it } from 'vitest';
import { refusalIn } from './gateway-log.ts';

const asked = { host: 'site-1.example', since: Date.parse('2026-05-01T12:30:00.000Z') };

function line(status: string, host = asked.host, at = '2026-05-01T12:30:01.250Z'): string {
  return `[${at}] "GET /predict HTTP/1.1" ${status} - "-" 0 0 0 - "10.9.0.1" "load" "1f2e" "${host}" "-" outbound|80|canary|model.site-1.svc.cluster.local - 10.9.0.2:80 10.9.0.1:4711 - -`;
}

it.each([
  ['a cluster that is gone', line('503 NC cluster_not_found'), '12:30:01.250 503 NC cluster_not_found'],
  ['no healthy pod', line('503 UH no_healthy_upstream'), '12:30:01.250 503 UH no_healthy_upstream'],
  ['an answer of a pod', line('500 - via_upstream'), null],
  ['another host', line('503 NC cluster_not_found', 'site-10.example'), null],
  ['before the moment', line('503 NC cluster_not_found', asked.host, '2026-05-01T12:29:59.999Z'), null],
  ['no line of an access log', 'cannot bind: address in use', null],
])('reads %s', (_, text, found) => {
  const told = found === null ? null : `${found}, outbound|80|canary|model.site-1.svc.cluster.local`;
  expect(refusalIn(text, asked)).toBe(told);
});
