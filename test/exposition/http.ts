import { counter, type Done, histogram, line, text } from './page.ts';

/** Client libraries for HTTP servers: no series for a status before its first answer. */
export function httpPage(done: Done): string {
  const { requests, failures } = done;
  return text([
    ...counter('http_requests_total', [
      [{ status: '200' }, requests - failures],
      [{ status: '503' }, failures],
    ]),
    ...histogram('http_request_duration_seconds', {}, ['0.05', '0.1', '0.3'], done),
  ]);
}

/** What the conformance suite of metric sources asks for. */
export const CONFORMANCE_PAGE = text([
  '# TYPE conformance_total counter',
  line('conformance_total', { pod: 'a' }, 7),
  line('conformance_total', { pod: 'b' }, 11),
  '# TYPE conformance_gauge gauge',
  'conformance_gauge NaN',
]);
