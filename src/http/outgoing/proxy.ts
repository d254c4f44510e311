import { BlockList, isIP } from 'node:net';

type Env = Readonly<Record<string, string | undefined>>;

/** Names of the cluster itself, which no proxy outside of it can resolve. */
const IN_CLUSTER = /^[^.]+$|\.svc$|\.cluster\.local$/;
const ANY_PORT = '';

/** The variable as most programs read it: in capitals first. Empty is not set. */
function variable(env: Env, name: string): string | undefined {
  return env[name]?.trim() || env[name.toLowerCase()]?.trim() || undefined;
}

/** The URL of a proxy as given; the default scheme is http. */
function parsedProxy(text: string): URL | null {
  const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  if (!URL.canParse(url)) return null;
  const parsed = new URL(url);
  return parsed.protocol === 'http:' || parsed.protocol === 'https:' ? parsed : null;
}

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

function isInSubnet(host: string, subnet: string): boolean {
  const [address = '', bits] = subnet.split('/');
  if (bits === undefined || !/^\d{1,3}$/.test(bits) || isIP(address) === 0 || isIP(host) === 0) return false;
  const most = isIP(address) === 6 ? 128 : 32;
  if (Number(bits) > most) return false;
  const list = new BlockList();
  list.addSubnet(address, Number(bits), familyOf(address));
  return list.check(host, familyOf(host));
}

/** An entry of NO_PROXY as host and port; an IPv6 address has its port behind brackets. */
function entryOf(text: string): { readonly host: string; readonly port: string } {
  const bracketed = /^\[([^\]]*)\](?::(\d+))?$/.exec(text);
  if (bracketed !== null) return { host: bracketed[1] ?? '', port: bracketed[2] ?? ANY_PORT };
  const named = /^([^:]*):(\d+)$/.exec(text);
  return named === null
    ? { host: text, port: ANY_PORT }
    : { host: named[1] ?? '', port: named[2] ?? ANY_PORT };
}

function isNamedBy(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true;
  if (entry.includes('/')) return isInSubnet(host, entry);
  const wanted = entryOf(entry.toLowerCase());
  if (wanted.port !== ANY_PORT && wanted.port !== port) return false;
  const name = wanted.host.replace(/^\*/, '').replace(/\.$/, '');
  if (name === '') return false;
  return name.startsWith('.') ? host.endsWith(name) : host === name || host.endsWith(`.${name}`);
}

function isLoopback(host: string): boolean {
  return (
    host === 'localhost' || host.endsWith('.localhost') || host === '::1' || isInSubnet(host, '127.0.0.0/8')
  );
}

/**
 * The proxy for a URL, or null if it is reached directly: HTTPS_PROXY, HTTP_PROXY and NO_PROXY (or in small letters),
 * with the rules of Go, which most programs of a cluster follow. Loopback and names of the cluster are always reached
 * directly.
 */
export function proxyFor(url: string, env: Env = process.env): string | null {
  const { protocol, hostname, port } = new URL(url);
  const proxy = variable(env, protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY');
  if (proxy === undefined) return null;
  const host = hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase();
  if (isLoopback(host) || (isIP(host) === 0 && IN_CLUSTER.test(host))) return null;
  const at = port === '' ? (protocol === 'https:' ? '443' : '80') : port;
  const exceptions = (variable(env, 'NO_PROXY') ?? '').split(/[\s,]+/).filter((entry) => entry !== '');
  if (exceptions.some((entry) => isNamedBy(entry, host, at))) return null;
  return parsedProxy(proxy)?.href ?? null;
}

/** The name of a proxy for people, without user and password. */
export function proxyName(proxy: string): string {
  return new URL(proxy).origin;
}

/** Mistakes in the variables, each as a line that names the variable but never its value, which may hold a password. */
export function proxyProblems(env: Env): string[] {
  return ['HTTPS_PROXY', 'HTTP_PROXY'].flatMap((name) => {
    const value = variable(env, name);
    return value === undefined || parsedProxy(value) !== null
      ? []
      : [`${name}: must be the URL of an HTTP proxy such as http://proxy.example:3128`];
  });
}
