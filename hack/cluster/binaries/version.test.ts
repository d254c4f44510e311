import { describe, expect, it } from 'vitest';
import { compareVersions, formatRange, inRange, parseVersion, type Version } from './version.ts';

describe('parseVersion', () => {
  it.each([
    ['kube-apiserver', 'Kubernetes v1.37.1\n', [1, 37, 1]],
    ['kubectl', 'Client Version: v1.32.4-dispatcher\nKustomize Version: v5.5.0\n', [1, 32, 4]],
    ['etcd', 'etcd Version: 3.6.16\nGit SHA: Not provided\nGo Version: go1.26.8\n', [3, 6, 16]],
    ['istiod', '1.31.0\n', [1, 31, 0]],
    ['envoy', 'envoy  version: 0fbba2b6f34b/1.38.3/Clean/RELEASE/BoringSSL\n', [1, 38, 3]],
    ['prometheus', 'prometheus, version 2.42.0+ds (branch: debian/sid, revision: 2.42.0+ds-5)', [2, 42, 0]],
    ['redis-server', 'Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64', [7, 0, 15]],
    ['go', 'go1.27', [1, 27, 0]],
  ] as const)('reads the output of %s', (_program, output, version) => {
    expect(parseVersion(output)).toEqual(version);
  });

  it.each(['', 'no version here', 'build 17'])('finds none in %j', (text) => {
    expect(parseVersion(text)).toBeNull();
  });
});

it('compares numbers, not text', () => {
  const versions: Version[] = [
    [1, 9, 0],
    [1, 10, 0],
    [1, 10, 2],
    [2, 0, 0],
  ];
  expect(versions.toReversed().toSorted(compareVersions)).toEqual(versions);
});

describe('inRange', () => {
  const range = { from: [1, 36, 0], below: [1, 39, 0] } as const;
  it.each([
    [[1, 35, 9], false],
    [[1, 36, 0], true],
    [[1, 38, 7], true],
    [[1, 39, 0], false],
    [[2, 0, 0], false],
  ] as const)('%j: %s', (version, expected) => {
    expect(inRange(version, range)).toBe(expected);
  });

  it('needs no upper end', () => {
    expect(inRange([99, 0, 0], { from: [6, 2, 0] })).toBe(true);
    expect(formatRange({ from: [6, 2, 0] })).toBe('6.2.0 or newer');
    expect(formatRange(range)).toBe('1.36.0 or newer, older than 1.39.0');
  });
});
