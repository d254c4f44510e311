import type { KubeObject } from '../../src/api/meta.ts';
import type { Api } from './api.ts';

/** A version of the model: its name, as in the image tag and in the answers, and its behaviour. */
export interface PushedVersion {
  readonly version: string;
  /** Environment of the container; it is part of the pod template, so a version's behaviour is in its template. */
  readonly env: Readonly<Record<string, string>>;
}

interface EnvVar {
  readonly name: string;
  readonly value: string;
}

interface Container {
  readonly env?: readonly EnvVar[];
}

/** The variables with new values: those that are there in their place, new ones at the end. */
function changed(before: readonly EnvVar[], values: Readonly<Record<string, string>>): EnvVar[] {
  const known = before.map(({ name }) => name);
  const added = Object.entries(values).filter(([name]) => !known.includes(name));
  return [
    ...before.map((one) => ({ ...one, value: values[one.name] ?? one.value })),
    ...added.map(([name, value]) => ({ name, value })),
  ];
}

/** The change of the template that brings a version: image and environment, nothing else. */
export function pushPatch(deployment: KubeObject, { version, env }: PushedVersion): object[] {
  const spec = deployment['spec'] as { template: { spec: { containers: Container[] } } };
  const before = spec.template.spec.containers[0]?.env ?? [];
  const at = '/spec/template/spec/containers/0';
  return [
    { op: 'replace', path: `${at}/image`, value: `sluice.dev/model-server:${version}` },
    { op: 'add', path: `${at}/env`, value: changed(before, { ...env, VERSION: version }) },
  ];
}

/** Pushes a version as a pipeline would; returns the Deployment as the API server then has it. */
export async function push(api: Api, name: string, version: PushedVersion): Promise<KubeObject> {
  const deployment = await api.get('Deployment', name);
  if (deployment === null) throw new Error(`there is no Deployment ${name}`);
  return api.patch('Deployment', name, pushPatch(deployment, version));
}
