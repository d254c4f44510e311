/** The pod addresses of one node. */
export interface Addresses {
  /** The node's own address: the first of the range. */
  readonly node: string;
  /** How many pods the range has addresses for. */
  readonly size: number;
  /** An address that nobody has; throws a RangeError when the range is used up. */
  allocate(): string;
  /** Takes an address that a pod has from before; one outside the range is left alone. */
  reserve(ip: string): void;
  release(ip: string): void;
}

function toNumber(ip: string): number {
  return ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

function toText(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}

/**
 * The addresses of an IPv4 range such as 10.244.0.0/24. They are given out in turn, so that a released one is not given
 * to the next pod while a proxy may still have it. Throws a RangeError for a range that cannot be read or has no room.
 */
export function createAddresses(cidr: string): Addresses {
  const [, ip = '', bits = ''] = /^(\d+\.\d+\.\d+\.\d+)\/(\d+)$/.exec(cidr) ?? [];
  const size = 2 ** (32 - Number(bits));
  if (ip === '' || ip.split('.').some((part) => Number(part) > 255) || Number(bits) > 30 || Number(bits) < 8)
    throw new RangeError(
      `--pod-cidr "${cidr}" must be an IPv4 range with a prefix of 8 to 30, for example 10.244.0.0/24`,
    );
  const base = toNumber(ip) - (toNumber(ip) % size);
  const [first, last] = [base + 2, base + size - 2];
  const taken = new Set<string>();
  let next = first;
  return {
    node: toText(base + 1),
    size: last - first + 1,
    allocate: () => {
      for (let tries = 0; tries <= last - first; tries++) {
        const address = toText(next);
        next = next === last ? first : next + 1;
        if (taken.has(address)) continue;
        taken.add(address);
        return address;
      }
      throw new RangeError(
        `all ${last - first + 1} pod addresses of ${cidr} are in use: give the node a wider --pod-cidr`,
      );
    },
    reserve: (address) => void taken.add(address),
    release: (address) => void taken.delete(address),
  };
}
