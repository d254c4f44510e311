import { describe, expect, it } from 'vitest';
import { release as releaseOf } from '../../test/fixtures/release.ts';
import type { PodAnswer } from '../analysis/verdict/golden.ts';
import { PodRequest } from '../api/analysis/check.ts';
import type { KubeObject } from '../api/meta.ts';
import type { PodQuestion } from '../ports/pods.ts';
import { createRoom } from './answer-room.ts';
import type { CheckTask } from './checks.ts';
import { askPod, type QuestionDeps, readyPods } from './pod-questions.ts';

const pod = (name: string, ready = 'True', over: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: { containers: [{}, { ports: [{ containerPort: 8080 }] }] },
  status: { podIP: '10.0.0.1', conditions: [{ type: 'Ready', status: ready }] },
  ...over,
});

function taskWith(signal = new AbortController().signal): CheckTask {
  const metric = { name: 'answers', onNoData: 'wait', dryRun: false } as const;
  return { release: releaseOf(), metric, run: 0, note: () => {}, signal };
}

const answer = (status: number): PodAnswer => ({ status, body: '', ms: 1 });

/** Deps whose pods answer one after the other; an `Error` stands for no answer. */
function depsWith(answers: readonly (PodAnswer | Error)[], pods: readonly KubeObject[] = []) {
  const asked: PodQuestion[] = [];
  const waited: number[] = [];
  const deps: QuestionDeps = {
    podsOf: async () => pods,
    ask: async (question) => {
      asked.push(question);
      const next = answers[asked.length - 1] ?? answer(200);
      if (next instanceof Error) throw next;
      return next;
    },
    readText: async () => ({ text: '[]' }),
    room: createRoom(),
    after: async (ms) => {
      waited.push(ms);
    },
  };
  return { deps, asked, waited };
}

const REQUEST = PodRequest.parse({ path: '/predict', body: '{}', headers: { 'X-Tenant': 'shop' } });
const MANNER = { timeout: '2s', retries: 2, mostBytes: 65_536 };

describe('a question to a pod', () => {
  it('says whose it is, and goes to the port that the pod names', async () => {
    const { deps, asked } = depsWith([]);
    await askPod(deps, taskWith(), pod('a'), REQUEST, MANNER);
    expect(asked).toEqual([
      expect.objectContaining({
        url: 'http://10.0.0.1:8080/predict',
        method: 'POST',
        body: '{}',
        timeoutMs: 2_000,
        headers: {
          'user-agent': 'sluice',
          'content-type': 'application/json',
          'x-tenant': 'shop',
          'x-sluice-check': 'answers',
          'x-sluice-release': releaseOf().metadata.name,
        },
      }),
    ]);
  });

  it.each<[string, readonly (PodAnswer | Error)[], number, object]>([
    ['an answer', [answer(200)], 1, answer(200)],
    ['an answer that is no success', [answer(500)], 1, answer(500)],
    ['no answer, then one', [new Error('ECONNREFUSED'), answer(200)], 2, answer(200)],
    ['busy, then an answer', [answer(503), answer(429), answer(200)], 3, answer(200)],
    [
      'no answer at all',
      [answer(503), new Error('timeout'), answer(502), answer(200)],
      3,
      { fault: 'POST http://10.0.0.1:8080/predict: HTTP 502' },
    ],
  ])('with %s is asked as often as it must', async (_what, answers, times, reply) => {
    const { deps, asked, waited } = depsWith(answers);
    expect(await askPod(deps, taskWith(), pod('a'), REQUEST, MANNER)).toEqual(reply);
    expect(asked).toHaveLength(times);
    expect(waited).toEqual([500, 1_000].slice(0, times - 1));
  });

  it('treats an answer too large to compare as none', async () => {
    const { deps } = depsWith([{ status: 200, body: `[${'1,'.repeat(250_000)}1]`, ms: 1 }]);
    expect(await askPod(deps, taskWith(), pod('a'), REQUEST, MANNER)).toEqual({
      fault: 'POST http://10.0.0.1:8080/predict: answered more than 200000 values',
    });
  });

  it('is not asked of a pod without a port', async () => {
    const { deps, asked } = depsWith([]);
    const reply = await askPod(deps, taskWith(), pod('a', 'True', { spec: {} }), REQUEST, MANNER);
    expect(reply).toEqual({ fault: 'pod a names no port: set port in the check' });
    expect(asked).toEqual([]);
  });

  it('is not asked again when nobody wants it', async () => {
    const stopping = new AbortController();
    stopping.abort(new Error('not wanted'));
    const { deps, asked } = depsWith([]);
    await expect(askPod(deps, taskWith(stopping.signal), pod('a'), REQUEST, MANNER)).rejects.toThrow(
      'not wanted',
    );
    expect(asked).toEqual([]);
  });
});

it('goes to the pods that are ready and stay, by name', async () => {
  const going = pod('c');
  const pods = [
    pod('b'),
    pod('a'),
    { ...going, metadata: { ...going.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } },
    pod('d', 'False'),
  ];
  const found = await readyPods(depsWith([], pods).deps, taskWith(), 'hash');
  expect(found.map(({ metadata }) => metadata.name)).toEqual(['a', 'b']);
});
