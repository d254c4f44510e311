import { afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { attempt } from '../../../hack/cluster/process/command.ts';
import {
  type Controller,
  type ControllerOptions,
  createController,
} from '../../../hack/testbed/controller.ts';
import { actOn } from '../../../hack/testbed/remote.ts';
import { until } from '../../../hack/testbed/until.ts';

const access = inject('access');
const components = inject('components');
const started: Controller[] = [];

let replicas = 0;
/** A replica of its own name and port, which the test that starts it stops. */
async function start(options: ControllerOptions = {}): Promise<Controller> {
  const name = `process-${++replicas}`;
  const controller = createController(access, { name, port: 18_200 + replicas, ...options });
  started.push(controller);
  await controller.start();
  return controller;
}

async function kubectl(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await attempt(access.kubectl, [
    '--kubeconfig',
    access.kubeconfig,
    ...args,
  ]);
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

const holder = (): Promise<string> =>
  kubectl('-n', 'sluice-system', 'get', 'lease', 'sluice', '-o', 'jsonpath={.spec.holderIdentity}');
const works = (controller: Controller) => async (): Promise<boolean> =>
  (await controller.metric('sluice_reconciles_total')) > 0;

describe('the process of the controller', () => {
  beforeAll(async () => {
    // What other files have left goes first: the API server refuses (403) what is created in a namespace that ends.
    await until(
      'no namespace is on its way out',
      async () => !(await kubectl('get', 'namespaces')).includes('Terminating'),
    );
    await kubectl('create', 'deployment', 'process-test', '--image=server:v1', '--replicas=0');
    await kubectl('annotate', 'deployment', 'process-test', 'sluice.dev/rollout=nonsense');
  });
  afterEach(() => Promise.all(started.splice(0).map((controller) => controller.stop())));

  it('works under its own ServiceAccount, and stops cleanly: the lease is free at once', async () => {
    const controller = await start();
    await until('it works', works(controller));
    expect(await controller.metric('sluice_leader')).toBe(1);
    expect(await controller.metric('sluice_kubernetes_requests_total', { code: '403' })).toBe(0);
    await controller.stop();
    expect(await holder()).toBe('');
  });

  it('lets one replica work with the queue in memory, and the other when that one is killed', async () => {
    const first = await start();
    await until('the first works', works(first));
    const second = await start();
    expect(await second.metric('sluice_reconciles_total')).toBe(0);
    await first.stop('SIGKILL');
    await until('the second works', works(second));
  });

  it('ends by itself when another has taken the lease meanwhile', async () => {
    const first = await start();
    await until('the first works', works(first));
    const second = await start();
    first.pause();
    try {
      await until('the second works', works(second));
    } finally {
      first.resume();
    }
    await until('the first has ended', () => !first.running);
    expect(await holder()).toBe(second.name);
  });

  it.skipIf(components === '')('lets all replicas work with Redis, and continues without it', async () => {
    const [first, second] = await Promise.all([start({ queue: 'redis' }), start({ queue: 'redis' })]);
    await until('both have Redis', async () => {
      const connected = await Promise.all([first, second].map((one) => one.metric('sluice_queue_connected')));
      return connected.every((is) => is === 1);
    });
    await actOn(components, 'redis', 'kill');
    try {
      await until('the loss shows', async () => (await first.metric('sluice_queue_losses_total')) === 1);
      const before = await first.metric('sluice_reconciles_total');
      await kubectl('annotate', 'deployment', 'process-test', 'sluice.dev/max-p95=soon', '--overwrite');
      await until(
        'a change is acted on',
        async () => (await first.metric('sluice_reconciles_total')) > before,
      );
      expect(await first.metric('sluice_queue_fallbacks_total', { cause: 'lost' })).toBeGreaterThan(0);
    } finally {
      await actOn(components, 'redis', 'start');
    }
    await until('Redis is used again', async () => (await first.metric('sluice_queue_connected')) === 1);
  });

  it.skipIf(components === '')('works again after the API server was away', async () => {
    const controller = await start({ queue: 'redis' });
    await actOn(components, 'kube-apiserver', 'kill');
    await actOn(components, 'kube-apiserver', 'start');
    await until('no watch is broken', async () => (await controller.metric('sluice_stale_watches')) === 0);
    const before = await controller.metric('sluice_reconciles_total');
    await kubectl('annotate', 'deployment', 'process-test', 'sluice.dev/max-p95=later', '--overwrite');
    await until(
      'a change is acted on',
      async () => (await controller.metric('sluice_reconciles_total')) > before,
    );
    expect((await fetch(`${controller.url}/healthz`)).status).toBe(200);
  });
});
