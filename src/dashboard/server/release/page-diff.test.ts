import { describe, expect, it } from 'vitest';
import { heldDeployment, release, stepping, template } from '../../../../test/fixtures/cli.ts';
import { diffOf } from './page-diff.ts';

const before = template('registry/ranker:v1', { TOKEN: 'old-secret', MODE: 'fast' });
const stable = { podTemplateHash: 'aaa', replicaSet: 'ranker-aaa', template: before };

const changed = (after: object, was = stable) => {
  const held = { ...release(stepping(), { stable: was }) };
  const set = { ...heldDeployment(after), kind: 'ReplicaSet', metadata: { name: 'ranker-s222222222' } };
  return diffOf(held, [set], null);
};

describe('what changed in the pod template', () => {
  it('has both values of each field', () => {
    const after = template('registry/ranker:v2', { TOKEN: 'old-secret', MODE: 'fast' });
    expect(changed(after)).toEqual([
      { path: 'spec.containers[server].image', before: 'registry/ranker:v1', after: 'registry/ranker:v2' },
    ]);
  });

  it('shows that a variable has changed, but neither value', () => {
    const diff = changed(
      template('registry/ranker:v1', { TOKEN: 'new-secret', MODE: 'fast', MORE: 'third' }),
    );
    expect(diff.map(({ path }) => path)).toEqual([
      'spec.containers[server].env[TOKEN].value',
      'spec.containers[server].env[MORE]',
    ]);
    expect(diff[0]?.before).not.toBe(diff[0]?.after);
    expect(JSON.stringify(diff)).not.toMatch(/secret|third/);
  });

  it('hides the arguments and variables of a container that is new', () => {
    const sidecar = { name: 'side', args: ['--key=hush'], env: [{ name: 'KEY', value: 'hush' }] };
    const after = { ...before, spec: { containers: [...before.spec.containers, sidecar] } };
    const diff = changed(after);
    expect(diff).toMatchObject([{ path: 'spec.containers[side]' }]);
    expect(JSON.stringify(diff)).not.toContain('hush');
  });

  it('is bounded', () => {
    const labels = Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`l${at}`, 'x'.repeat(5_000)]));
    const diff = changed({ ...before, metadata: { labels } });
    expect(diff).toHaveLength(100);
    expect(Math.max(...diff.map(({ after = '' }) => after.length))).toBe(2_001);
  });

  it('is empty where the template is not stored any more', () => {
    expect(diffOf(release(stepping()), [], null)).toEqual([]);
  });
});
