import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { GROUP } from '../../src/api/meta.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TOLD = [
  '*.md',
  '{hack,manifests,analysis-templates,src,test}/**/*.md',
  'manifests/**/*.yaml',
  'analysis-templates/*.yaml',
  'src/**/*.ts',
  'hack/**/*.ts',
  'test/integration/alone/uninstall.test.ts',
];
/** Kinds of ours whose names other products have too. `kubectl rollout undo` and its like are kubectl's own. */
const KINDS = ['rollout', 'release', 'analysistemplate', 'clusteranalysistemplate'];
const VERBS = 'get|describe|delete|patch|annotate|label|edit|wait|explain';
/** As a sentence or a script has it, with flags before the verb or after it, and as a list of arguments in a test. */
const COMMANDS = [
  new RegExp(String.raw`kubectl(?: +-\S+(?: +[^-\s]\S*)??)* +(?:${VERBS})(?: +-\S+)* +([\w.,/-]+)`, 'g'),
  new RegExp(String.raw`\['(?:${VERBS})', '([\w.,/-]+)'`, 'g'),
];

/** The resources of ours that a command names without their group. */
function ungrouped(text: string): string[] {
  return COMMANDS.flatMap((command) => [...text.matchAll(command)]).flatMap(([whole, what = '']) => {
    const names = what.split(',').map((one) => one.split('/')[0] ?? '');
    return names.some((name) => KINDS.includes(name.replace(/s$/, ''))) ? [whole] : [];
  });
}

describe('a command that is printed or documented', () => {
  it('names the group of our kinds, since another product may have the same kind', () => {
    const files = globSync(TOLD, { cwd: ROOT }).filter((file) => !file.includes('commands.test'));
    expect(files.length).toBeGreaterThan(100);
    const found = files.flatMap((file) =>
      ungrouped(readFileSync(`${ROOT}/${file}`, 'utf8')).map((command) => `${file}: ${command}`),
    );
    expect(found).toEqual([]);
  });

  it.each([
    ['kubectl get rollouts,releases -A', 1],
    ['kubectl -n ml describe release/ranker-v2', 1],
    ['kubectl delete deployments,releases --all', 1],
    ["own.ok(['patch', 'release', name])", 1],
    [`kubectl get rollouts.${GROUP},releases.${GROUP} -o name`, 0],
    ['kubectl rollout undo deployment/ranker', 0],
    ['kubectl annotate deployment ranker sluice.dev/rollout=off', 0],
  ])('is found: %s', (text, count) => {
    expect(ungrouped(text)).toHaveLength(count);
  });
});
