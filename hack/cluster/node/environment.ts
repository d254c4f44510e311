import type { Container, EnvVar, Pod } from './pod.ts';

/** The data of a ConfigMap or Secret of the pod's namespace as plain text; null where there is none. */
export type Lookup = (
  kind: 'ConfigMap' | 'Secret',
  name: string,
) => Promise<Readonly<Record<string, string>> | null>;

/** What a pod knows about itself when its containers start. */
export interface Self {
  readonly podIp: string;
  readonly hostIp: string;
}

/** `$(NAME)` stands for a variable defined before; `$$` is a dollar sign, and an unknown name stays as it is. */
function expand(text: string, known: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$\$|\$\(([A-Za-z_.-][\w.-]*)\)/g, (whole, name?: string) =>
    name === undefined ? '$' : (known[name] ?? whole),
  );
}

function fieldOf(path: string, pod: Pod, self: Self): string {
  const [, kind, key] = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path) ?? [];
  if (kind === 'labels') return pod.metadata.labels?.[key ?? ''] ?? '';
  if (kind === 'annotations') return pod.metadata.annotations?.[key ?? ''] ?? '';
  const fields: Readonly<Record<string, string | undefined>> = {
    'metadata.name': pod.metadata.name,
    'metadata.namespace': pod.metadata.namespace,
    'metadata.uid': pod.metadata.uid,
    'spec.nodeName': pod.spec.nodeName,
    'status.podIP': self.podIp,
    'status.podIPs': self.podIp,
    'status.hostIP': self.hostIp,
  };
  const value = fields[path];
  if (value === undefined) throw new RangeError(`fieldRef ${path} is not supported by this node`);
  return value;
}

async function referenced(variable: EnvVar, lookup: Lookup): Promise<string | null> {
  const { configMapKeyRef, secretKeyRef } = variable.valueFrom ?? {};
  const ref = configMapKeyRef ?? secretKeyRef;
  if (ref === undefined) return null;
  const kind = configMapKeyRef === undefined ? 'Secret' : 'ConfigMap';
  const value = (await lookup(kind, ref.name ?? ''))?.[ref.key];
  if (value === undefined && ref.optional !== true)
    throw new RangeError(`variable ${variable.name}: ${kind} "${ref.name ?? ''}" has no key "${ref.key}"`);
  return value ?? null;
}

async function fromWhole({ envFrom = [] }: Container, lookup: Lookup): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const { prefix = '', configMapRef, secretRef } of envFrom) {
    const [kind, ref] =
      configMapRef === undefined ? (['Secret', secretRef] as const) : (['ConfigMap', configMapRef] as const);
    const data = await lookup(kind, ref?.name ?? '');
    if (data === null && ref?.optional !== true)
      throw new RangeError(`there is no ${kind} "${ref?.name ?? ''}"`);
    for (const [key, value] of Object.entries(data ?? {})) found[`${prefix}${key}`] = value;
  }
  return found;
}

/**
 * The environment that a pod's container asks for, with POD_NAME, POD_NAMESPACE and POD_IP put in unless the template
 * sets them. Throws a RangeError that says which variable, ConfigMap or key is missing.
 */
export async function environmentOf(
  container: Container,
  pod: Pod,
  self: Self,
  lookup: Lookup,
): Promise<Record<string, string>> {
  const env: Record<string, string> = {
    POD_NAME: pod.metadata.name,
    POD_NAMESPACE: pod.metadata.namespace ?? '',
    POD_IP: self.podIp,
    HOSTNAME: pod.metadata.name,
    ...(await fromWhole(container, lookup)),
  };
  for (const variable of container.env ?? []) {
    const { name, value, valueFrom } = variable;
    if (valueFrom === undefined) env[name] = expand(value ?? '', env);
    else if (valueFrom.fieldRef !== undefined) env[name] = fieldOf(valueFrom.fieldRef.fieldPath, pod, self);
    else {
      const found = await referenced(variable, lookup);
      if (found !== null) env[name] = found;
    }
  }
  return env;
}
