import type { KubeObject } from '../../../api/meta.ts';
import { ofKind, type RouteObjects } from '../../context.ts';
import { asObject, asObjects, asString, type Json } from '../../json.ts';
import type { Problem } from '../../reasons.ts';
import { VERSIONS, type Version, versionName } from '../services/names.ts';
import { FIELD, type GatewayTraffic } from '../spec.ts';
import { deploymentsBehind, poolServed } from './picker-workload.ts';

type Pickers = NonNullable<GatewayTraffic['pickers']>;

const pickerOf = (pool: KubeObject): Json => asObject(asObject(pool['spec'])['endpointPickerRef']);

const unfit = (message: string): Problem => ({ reason: 'PickerUnfit', message });

function noPickers(pool: string): Problem {
  const [stable, canary] = VERSIONS.map((version) => `--pool-name=${versionName(pool, version)}`);
  return {
    reason: 'PickersMissing',
    message: `${FIELD}.pickers: requests to InferencePool ${pool} are split between two pools, one for each version, and each needs an endpoint picker of its own: run two more like yours, with ${stable} and ${canary}, and name their Services here as stable and canary`,
  };
}

/** The pool of somebody to which a Service is the picker. */
function takenBy(objects: RouteObjects, pool: KubeObject, service: string): string | undefined {
  const ours = VERSIONS.map((version) => versionName(pool.metadata.name, version));
  return ofKind(objects.kinds, 'InferencePool').find(
    (one) => !ours.includes(one.metadata.name) && asString(pickerOf(one)['name']) === service,
  )?.metadata.name;
}

function serviceProblem(
  objects: RouteObjects,
  pool: KubeObject,
  version: Version,
  name: string,
): Problem | null {
  const field = `${FIELD}.pickers.${version}`;
  const service = ofKind(objects.kinds, 'Service').find(({ metadata }) => metadata.name === name);
  if (service === undefined)
    return unfit(
      `${field}: there is no Service ${name} in the namespace; create that of a picker with --pool-name=${versionName(pool.metadata.name, version)}, or correct the name`,
    );
  const { number: port } = asObject(pickerOf(pool)['port']) as { readonly number?: number };
  const ports = asObjects(asObject(service['spec'])['ports']).map((one) => one['port']);
  if (port !== undefined && !ports.includes(port))
    return unfit(
      `${field}: Service ${name} has no port ${port}, which InferencePool ${pool.metadata.name} has in spec.endpointPickerRef.port (ports: ${ports.join(', ')}): give it that port`,
    );
  const other = takenBy(objects, pool, name);
  if (other !== undefined)
    return unfit(
      `${field}: Service ${name} is the picker of InferencePool ${other}, and a picker chooses among the pods of one pool: name a Service of a picker with --pool-name=${versionName(pool.metadata.name, version)}`,
    );
  return servesOther(objects, pool, version, name);
}

/** A picker that says by its arguments that it is for another pool. */
function servesOther(
  objects: RouteObjects,
  pool: KubeObject,
  version: Version,
  name: string,
): Problem | null {
  const wanted = versionName(pool.metadata.name, version);
  for (const deployment of deploymentsBehind(objects, name)) {
    const served = poolServed(deployment);
    if (served !== undefined && served !== wanted)
      return unfit(
        `${FIELD}.pickers.${version}: Deployment ${deployment.metadata.name} behind Service ${name} runs with --pool-name=${served}: let it run with --pool-name=${wanted}`,
      );
  }
  return null;
}

/** Why the pools of a release could not have these pickers, or null. */
export function pickerProblem(
  objects: RouteObjects,
  pickers: Pickers | undefined,
  pool: KubeObject,
): Problem | null {
  const { name } = pool.metadata;
  const { group = '', kind = 'Service', name: picker } = pickerOf(pool);
  if (picker === undefined)
    return unfit(
      `InferencePool ${name} has no endpoint picker (spec.endpointPickerRef): name one, or let the route go to a Service`,
    );
  if (group !== '' || kind !== 'Service')
    return unfit(
      `InferencePool ${name} has a picker of kind ${String(kind)} (spec.endpointPickerRef.kind), and only Services can be given to the pools of a release: name a Service`,
    );
  if (pickers === undefined) return noPickers(name);
  if (pickers.stable === pickers.canary)
    return unfit(
      `${FIELD}.pickers: stable and canary name the same Service ${pickers.stable}, and a picker chooses among the pods of one pool: run one for each`,
    );
  for (const version of VERSIONS) {
    const problem = serviceProblem(objects, pool, version, pickers[version]);
    if (problem !== null) return problem;
  }
  return null;
}

/** Pickers that no pod is ready for, in words: their pools would fail requests. Empty where all are, or nothing is known. */
export function pickersBehind(
  objects: RouteObjects,
  pickers: Pickers | undefined,
  pool: string,
): readonly string[] {
  if (pickers === undefined) return [];
  return VERSIONS.flatMap((version) => {
    const found = deploymentsBehind(objects, pickers[version]);
    const isReady = found.some(({ status }) => Number(asObject(status)['readyReplicas'] ?? 0) > 0);
    const names = found.map(({ metadata }) => metadata.name).join(', ');
    return found.length === 0 || isReady
      ? []
      : [
          `no pod of Deployment ${names}, the endpoint picker of InferencePool ${versionName(pool, version)}, is ready yet`,
        ];
  });
}
