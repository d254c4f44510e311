import { describe, expect, it } from 'vitest';
import { release as releaseOf } from '../../test/fixtures/release.ts';
import type { PodAnswer } from '../analysis/verdict/golden.ts';
import type { Metric } from '../api/analysis/analysis-template.ts';
import { Golden, Shadow } from '../api/analysis/check.ts';
import type { KubeObject } from '../api/meta.ts';
import type { PodQuestion } from '../ports/pods.ts';
import { createRoom } from './answer-room.ts';
import type { CheckTask } from './checks.ts';
import { createGoldenCheck } from './golden-check.ts';
import { createShadowCheck } from './shadow-check.ts';

const [KIB, MIB] = [1_024, 1_048_576];

const pods = Array.from(
  { length: 8 },
  (_, index): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `p-${index}` },
    spec: { containers: [{ ports: [{ containerPort: 8080 }] }] },
    status: { podIP: '10.0.0.1', conditions: [{ type: 'Ready', status: 'True' }] },
  }),
);

const request = { path: '/', body: '{}' };
const golden = {
  name: 'golden',
  golden: Golden.parse({
    cases: Array.from({ length: 32 }, (_, index) => ({ name: `c${index}`, request, expect: {} })),
    concurrency: 16,
    retries: 0,
  }),
};
const shadow = {
  name: 'shadow',
  shadow: Shadow.parse({
    requests: Array.from({ length: 64 }, () => request),
    fields: [{ path: 'class' }],
    rate: 50,
    retries: 0,
  }),
};

const taskOf = (namespace: string, metric: object): CheckTask => {
  const release = releaseOf();
  return {
    release: { ...release, metadata: { ...release.metadata, namespace } },
    metric: metric as Metric,
    run: 1,
    note: () => {},
    signal: new AbortController().signal,
  };
};

/** Pods with answers of one length, and the most bytes that they held at a time. */
function scene(bytes: number) {
  const seen = { held: 0, most: 0, asked: 0 };
  const ask = async ({ mostBytes }: PodQuestion): Promise<PodAnswer | 'tooLong'> => {
    seen.asked += 1;
    seen.held += mostBytes;
    seen.most = Math.max(seen.most, seen.held);
    await new Promise((resolve) => setImmediate(resolve));
    seen.held -= mostBytes;
    return mostBytes < bytes ? 'tooLong' : { status: 200, body: '{"class":"cat"}', ms: 1 };
  };
  const deps = {
    podsOf: async () => pods,
    ask,
    readText: async () => ({ text: '[]' }),
    room: createRoom(),
    after: async () => {},
  };
  return { seen, deps, kinds: { golden: createGoldenCheck(deps), shadow: createShadowCheck(deps) } };
}

describe('the room for answers', () => {
  it.each([
    ['short', 1_000, 8 * MIB],
    ['long', 3 * MIB, 8 * MIB],
  ])('holds no more of one Release than it may, with %s answers', async (_what, bytes, most) => {
    const { seen, kinds } = scene(bytes);
    expect(await kinds.golden.run(taskOf('shop', golden))).toMatchObject({
      kind: 'golden',
      answers: 256,
      wrong: 0,
    });
    expect(await kinds.shadow.run(taskOf('shop', shadow))).toMatchObject({ kind: 'shadow', pairs: 64 });
    expect(seen.most).toBeLessThanOrEqual(most);
  });

  it('never holds more than the process may, for any owner', async () => {
    const { seen, kinds } = scene(3 * MIB);
    const namespaces = Array.from({ length: 10 }, (_, index) => `shop-${index}`);
    await Promise.all(
      namespaces.flatMap((one) => [
        kinds.golden.run(taskOf(one, golden)),
        kinds.shadow.run(taskOf(one, shadow)),
      ]),
    );
    expect(seen.most).toBeLessThanOrEqual(32 * MIB);
    expect(seen.held).toBe(0);
  });

  it('asks twice only what was under way when the first long answer came', async () => {
    const { seen, kinds } = scene(65 * KIB);
    await kinds.golden.run(taskOf('shop', golden));
    expect(seen.asked).toBeLessThanOrEqual(256 + 128);
  });

  it('takes an answer that is longer than any may be for none', async () => {
    const { kinds } = scene(5 * MIB);
    expect(await kinds.golden.run(taskOf('shop', golden))).toMatchObject({
      kind: 'noData',
      message: expect.stringContaining('answered more than 4 MiB'),
    });
  });
});
