import { lookup } from 'node:dns';
import { lookup as resolve } from 'node:dns/promises';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/** Addresses that only this machine or its cloud answers, and the name of each range. */
const REFUSED: readonly (readonly [what: string, subnets: readonly string[]])[] = [
  ['a loopback', ['127.0.0.0/8', '::1/128']],
  ['an unspecified', ['0.0.0.0/8', '::/128']],
  ['a link-local', ['169.254.0.0/16', 'fe80::/10']],
  // Metadata of EC2, Google, Azure, Alibaba and Oracle outside of the link-local range.
  [
    'a metadata',
    ['fd00:ec2::/32', 'fd20:ce::254/128', '168.63.129.16/32', '100.100.100.200/32', '192.0.0.192/32'],
  ],
  ['a multicast', ['224.0.0.0/4', 'ff00::/8']],
  ['a reserved', ['240.0.0.0/4']],
];
/** IPv6 prefixes that embed IPv4 addresses. BlockList itself handles mapped addresses (::ffff:0:0/96). */
const [COMPATIBLE, NAT64] = ['::', '64:ff9b::'];

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

/** Whether a text is an address, or a subnet as `10.0.0.0/8`. */
export function isSubnet(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  if (isIP(address) === 0 || rest.length > 0) return false;
  const most = isIP(address) === 6 ? 128 : 32;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most);
}

/** A list of subnets; IPv4 subnets also match in their IPv6 forms. */
function listOf(subnets: readonly string[]): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [address = '', bits] = subnet.split('/');
    const size = Number(bits ?? (isIP(address) === 6 ? 128 : 32));
    list.addSubnet(address, size, familyOf(address));
    if (isIP(address) === 4)
      for (const prefix of [COMPATIBLE, NAT64]) list.addSubnet(`${prefix}${address}`, size + 96, 'ipv6');
  }
  return list;
}

/** The allowed targets of requests that were named by somebody other than the operator. */
export interface Targets {
  /** Why an address is refused, as a clause after the name of the server; null if it is allowed. */
  fault(address: string): string | null;
}

/** Error code of a connection refused by this rule. */
const CODE = 'ERR_TARGET_REFUSED';

/** A refused target. The message is a clause after the name of the server. */
export class TargetRefused extends Error {
  readonly code = CODE;
}

/** Why the target was refused, if that is the cause of an error; else null. */
export function refusalOf(error: unknown): string | null {
  const { code, message, cause } = error as { code?: unknown; message?: string; cause?: unknown };
  if (code === CODE) return /(leads to .*)$/.exec(message ?? '')?.[1] ?? message ?? '';
  return cause === undefined ? null : refusalOf(cause);
}

/**
 * Creates the rule: loopback, link-local, multicast and metadata addresses are refused, except those in `allowed`.
 * Private ranges are not refused: servers in the cluster have such addresses.
 */
export function createTargets(allowed: readonly string[] | undefined = []): Targets {
  const exceptions = listOf(allowed);
  const refused = REFUSED.map(([what, subnets]) => ({ what, list: listOf(subnets) }));
  return {
    fault: (given) => {
      const address = given.replace(/%.*$/, '');
      const family = familyOf(address);
      if (isIP(address) === 0) return `leads to no address`;
      if (exceptions.check(address, family)) return null;
      const found = refused.find(({ list }) => list.check(address, family));
      return found === undefined
        ? null
        : `leads to ${found.what} address, to which nothing is sent unless the controller has it in --allow-targets`;
    },
  };
}

/** The address that a URL names, if it names one. */
function addressOf(url: string): string | null {
  const host = new URL(url).hostname.replace(/^\[(.*)\]$/, '$1');
  return isIP(host) === 0 ? null : host;
}

/** Throws `TargetRefused` if a URL has a refused address; a name is checked when it is resolved. */
export function checkUrl(targets: Targets, url: string): void {
  const address = addressOf(url);
  const fault = address === null ? null : targets.fault(address);
  if (fault !== null) throw new TargetRefused(fault);
}

/**
 * Resolves names for a connection, and refuses a name with any refused address. The connection uses the addresses
 * checked here: a different answer for the same name changes nothing.
 */
export function guardedLookup(targets: Targets): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, []);
      const fault =
        addresses.map(({ address }) => targets.fault(address)).find((one) => one !== null) ?? null;
      if (fault !== null) return callback(new TargetRefused(fault), []);
      const [first] = addresses;
      if (options.all === true) return callback(null, addresses);
      return callback(null, first?.address ?? '', first?.family);
    });
  };
}

/** An address of a host, to connect to in place of its name. Rejects with `TargetRefused` if it is refused. */
export async function resolved(targets: Targets, host: string): Promise<string> {
  const { address } = await resolve(host);
  const fault = targets.fault(address);
  if (fault !== null) throw new TargetRefused(fault);
  return address;
}
