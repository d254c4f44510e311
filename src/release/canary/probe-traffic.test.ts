import { expect, it } from 'vitest';
import { probesWithin } from './probe-traffic.ts';

const pod = (...containers: object[]) => ({ spec: { containers } });
const http = (periodSeconds?: number) => ({
  httpGet: { path: '/', port: 80 },
  ...(periodSeconds === undefined ? {} : { periodSeconds }),
});

it.each([
  ['scrapes alone', pod({}), 10_000, 3],
  ['a probe each second', pod({ readinessProbe: http(1) }), 2_000, 1 + 3],
  ['both probes', pod({ readinessProbe: http(5), livenessProbe: http() }), 10_000, 3 + 3 + 2],
  ['two containers', pod({ readinessProbe: http(5) }, { livenessProbe: http(5) }), 10_000, 3 + 3 + 3],
  ['a probe that is no request', pod({ readinessProbe: { tcpSocket: {}, periodSeconds: 1 } }), 10_000, 3],
  ['a template that cannot be read', { spec: { containers: 'x' } }, 10_000, 3],
])('%s', (_what, template, ms, expected) => {
  expect(probesWithin(template, ms)).toBe(expected);
});
