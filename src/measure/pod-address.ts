import type { KubeObject } from '../api/meta.ts';

interface Pod {
  readonly spec?: {
    readonly containers?: readonly { readonly ports?: readonly { containerPort?: number }[] }[];
  };
  readonly status?: {
    readonly podIP?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

/** The URL of a path of a pod: at `port`, or at its first port; null if it has none. */
export function podUrl(
  object: KubeObject,
  { port, path }: { readonly port?: number | undefined; readonly path: string },
): string | null {
  const { spec, status } = object as unknown as Pod;
  const ports = (spec?.containers ?? []).flatMap((container) => container.ports ?? []);
  const at = port ?? ports[0]?.containerPort;
  const ip = status?.podIP;
  if (at === undefined || ip === undefined) return null;
  return `http://${ip.includes(':') ? `[${ip}]` : ip}:${at}${path}`;
}

/** Whether a pod is ready and not terminating. */
export function isReadyPod({ metadata, ...rest }: KubeObject): boolean {
  const { status } = rest as unknown as Pod;
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return metadata.deletionTimestamp === undefined && ready?.status === 'True';
}
