import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { startHostileServer } from '../../../../test/fakes/hostile-server.ts';
import { NAMESPACE, SECRET } from '../../../../test/simulation/fixtures.ts';
import { reach, started } from '../../../../test/simulation/scene.ts';
import { replayPass } from '../../../release/pass-record.ts';
import { ROUTERS } from '../../../traffic/registry.ts';
import type { PassNow } from '../../preflight/pass-now.ts';
import { run } from '../../run.ts';

/** An API server with what a simulated cluster has while a release is under way. */
async function serveRelease() {
  const { world, witness } = await started();
  world.push('v2');
  await reach(world, witness, 'Stepping.Analysing');
  const kinds = ['Rollout', 'Release', 'Deployment', 'ReplicaSet', 'Service', 'VirtualService'] as const;
  return startHostileServer(
    Object.fromEntries(kinds.map((kind) => [`${kind.toLowerCase()}s`, world.cluster.all(kind)])),
  );
}

it('explain --record writes a pass to a file that is not there yet', async () => {
  const server = await serveRelease();
  const folder = await mkdtemp(join(tmpdir(), 'sluice-explain-'));
  const [kubeconfig, file] = [join(folder, 'config'), join(folder, 'pass.json')];
  const config = {
    'current-context': 'one',
    clusters: [{ name: 'one', cluster: { server: server.url, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'one', user: {} }],
    contexts: [{ name: 'one', context: { cluster: 'one', user: 'one', namespace: NAMESPACE } }],
  };
  await writeFile(kubeconfig, JSON.stringify(config));
  const written: string[] = [];
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  try {
    const explain = () => run(['explain', '--record', file, '--kubeconfig', kubeconfig], 'sluice');
    await explain();
    const text = await readFile(file, 'utf8');
    const record = JSON.parse(text) as PassNow;
    expect(record.observation.routes?.objects.kinds['VirtualService']).toHaveLength(1);
    expect(replayPass(record, ROUTERS)).toEqual(record.decision);
    expect(record.unknown).toContain('what the metrics answer');
    expect(text).not.toContain(SECRET);
    await explain();
    expect(written.at(-2)).toContain(`${file} is there already`);
    expect(await readFile(file, 'utf8')).toBe(text);
  } finally {
    vi.restoreAllMocks();
    process.exitCode = undefined;
    await server.close();
    await rm(folder, { recursive: true });
  }
});
