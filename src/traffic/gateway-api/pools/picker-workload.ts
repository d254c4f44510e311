import { selects } from '../../../api/labels.ts';
import type { KubeObject } from '../../../api/meta.ts';
import { ofKind, type RouteObjects } from '../../context.ts';
import { asObject, asObjects } from '../../json.ts';
import { selectorOf } from '../services/version-spec.ts';

const templateOf = (deployment: KubeObject) => asObject(asObject(deployment['spec'])['template']);

/** The Deployments with pods behind a Service, as far as they were read. */
export function deploymentsBehind(objects: RouteObjects, service: string): readonly KubeObject[] {
  const found = ofKind(objects.kinds, 'Service').find(({ metadata }) => metadata.name === service);
  if (found === undefined) return [];
  return ofKind(objects.kinds, 'Deployment').filter((deployment) => {
    const labels = asObject(asObject(templateOf(deployment)['metadata'])['labels']);
    return selects(selectorOf(found), labels as Readonly<Record<string, string>>);
  });
}

const FLAG = /^--?(?:pool-name|poolName)(?:=(.*))?$/;

/** The pool that a picker is for, by its arguments; undefined where they do not say it, or by a variable. */
export function poolServed(deployment: KubeObject): string | undefined {
  const containers = asObjects(asObject(templateOf(deployment)['spec'])['containers']);
  for (const { command, args } of containers) {
    const words = [command, args].flatMap((one) => (Array.isArray(one) ? one : [])).map(String);
    for (const [at, word] of words.entries()) {
      const flag = FLAG.exec(word);
      if (flag === null) continue;
      const value = flag[1] ?? words[at + 1] ?? '';
      if (!value.includes('$(') && value !== '') return value;
    }
  }
  return undefined;
}
