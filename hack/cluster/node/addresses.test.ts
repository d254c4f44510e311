import { describe, expect, it } from 'vitest';
import { createAddresses } from './addresses.ts';

describe('createAddresses', () => {
  it('keeps the first address for the node and gives out the rest in turn', () => {
    const addresses = createAddresses('10.244.3.0/30');
    expect([addresses.node, addresses.size]).toEqual(['10.244.3.1', 1]);
    expect(addresses.allocate()).toBe('10.244.3.2');
    expect(() => addresses.allocate()).toThrow('all 1 pod addresses of 10.244.3.0/30 are in use');
  });

  it('gives a released address to nobody before the others have been used', () => {
    const addresses = createAddresses('10.244.0.0/29');
    const first = addresses.allocate();
    addresses.release(first);
    const next = Array.from({ length: 5 }, () => addresses.allocate());
    expect(next).toEqual(['10.244.0.3', '10.244.0.4', '10.244.0.5', '10.244.0.6', first]);
  });

  it('gives out no address that a pod has from before, across octets', () => {
    const addresses = createAddresses('10.244.0.0/23');
    for (let last = 2; last < 256; last++) addresses.reserve(`10.244.0.${last}`);
    expect(addresses.allocate()).toBe('10.244.1.0');
  });

  it.each(['10.244.0.0', '10.244.0.0/31', '10.300.0.0/24', 'fd00::/64', ''])('refuses "%s"', (cidr) => {
    expect(() => createAddresses(cidr)).toThrow('--pod-cidr');
  });
});
