import { isIPv4 } from 'node:net';

/** Where load may go: this machine, and the pod range of the local cluster. */
function isAllowed(hostname: string): boolean {
  if (hostname === 'localhost' || hostname === '[::1]') return true;
  return isIPv4(hostname) && (hostname.startsWith('127.') || hostname.startsWith('10.244.'));
}

/** What a proxy of the local cluster may be asked for. */
const isService = (hostname: string): boolean => hostname.endsWith('.svc.cluster.local');

/** The URL to ask a proxy for: a Service of the cluster. Throws a RangeError for anything else. */
export function serviceUrlOf(text: string): URL {
  const url = URL.parse(text);
  if (url?.protocol === 'http:' && isService(url.hostname)) return url;
  throw new RangeError(
    `url "${text}" must be that of a Service where there is a proxy, such as http://model.default.svc.cluster.local/predict`,
  );
}

/** The URL to send load to. Throws a RangeError for anything but HTTP to loopback or 10.244.0.0/16. */
export function targetOf(text: string): URL {
  const url = URL.parse(text);
  if (url === null)
    throw new RangeError(`url "${text}" cannot be read: write it like http://127.0.0.1:8080/predict`);
  if (url.protocol !== 'http:') throw new RangeError(`url "${text}" must begin with http://`);
  if (!isAllowed(url.hostname)) {
    throw new RangeError(
      `url "${text}" is outside of loopback and 10.244.0.0/16: load is for the local cluster only`,
    );
  }
  return url;
}
