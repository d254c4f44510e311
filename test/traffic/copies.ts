import { sumOf } from '../../hack/testbed/controller.ts';
import { versionOf } from '../../hack/testbed/evidence/history.ts';
import type { Copies } from '../../hack/testbed/evidence/transition.ts';
import type { Scene } from './play.ts';

interface PodStatus {
  readonly podIP?: string;
}

/** Requests that the pods of v2 have answered so far, by their own counters. */
async function answeredByCanary({ site }: Scene): Promise<number> {
  const pods = (await site.pods()).filter((pod) => versionOf(pod) === 'v2');
  const counts = pods.map(async ({ status }) => {
    const { podIP = '' } = status as PodStatus;
    const response = await fetch(`http://${podIP}:8080/metrics`);
    return sumOf(await response.text(), 'http_requests_total');
  });
  return (await Promise.all(counts)).reduce((sum, one) => sum + one, 0);
}

/** Counts what the canary answers meanwhile; nothing but copies of so many percent of the requests may come to it. */
export async function copiesWhile(
  scene: Scene,
  percent: number,
  act: () => Promise<unknown>,
): Promise<Copies> {
  const [before, from] = [await answeredByCanary(scene), Date.now()];
  await act();
  const [to, after] = [Date.now(), await answeredByCanary(scene)];
  return { percent, from, to, counted: after - before };
}
