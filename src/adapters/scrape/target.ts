import type { KubeObject } from '../../api/meta.ts';

/** The address of a pod's metrics. */
export interface Target {
  readonly namespace: string;
  readonly pod: string;
  readonly url: string;
}

/** A running pod without a known metrics address, with the fix. */
export interface Untargeted {
  readonly pod: string;
  readonly problem: string;
}

interface Pod {
  readonly metadata: KubeObject['metadata'];
  readonly spec?: {
    readonly containers?: readonly {
      readonly ports?: readonly { readonly name?: string; readonly containerPort?: number }[];
    }[];
  };
  readonly status?: { readonly phase?: string; readonly podIP?: string };
}

const PREFIX = 'prometheus.io/';
/** Conventional names of metrics ports, best first. */
const PORT_NAMES = ['metrics', 'http-metrics', 'prometheus'];

function portOf({ metadata, spec }: Pod): number | undefined {
  const told = Number(metadata.annotations?.[`${PREFIX}port`] ?? Number.NaN);
  if (Number.isInteger(told) && told > 0 && told < 65_536) return told;
  const ports = (spec?.containers ?? []).flatMap((container) => container.ports ?? []);
  for (const name of PORT_NAMES) {
    const named = ports.find((port) => port.name === name)?.containerPort;
    if (named !== undefined) return named;
  }
  return ports.length === 1 ? ports[0]?.containerPort : undefined;
}

/**
 * The address of a pod's metrics: from the annotations prometheus.io/port, path and scheme, else the port named
 * metrics, else the only port; path /metrics. Null if the pod does not run.
 */
export function targetOf(object: KubeObject): Target | Untargeted | null {
  const pod = object as unknown as Pod;
  const { name, namespace = '', annotations = {} } = pod.metadata;
  const { phase, podIP } = pod.status ?? {};
  if (phase !== 'Running' || podIP === undefined || podIP === '') return null;
  const port = portOf(pod);
  if (port === undefined) {
    const problem = `pod ${name} does not say where its metrics are: give its template the annotation prometheus.io/port`;
    return { pod: name, problem };
  }
  const scheme = annotations[`${PREFIX}scheme`] === 'https' ? 'https' : 'http';
  const host = podIP.includes(':') ? `[${podIP}]` : podIP;
  const path = annotations[`${PREFIX}path`] ?? '/metrics';
  return { namespace, pod: name, url: `${scheme}://${host}:${port}/${path.replace(/^\/+/, '')}` };
}
