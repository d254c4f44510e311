import type { PodView, ReleaseView, VersionView } from '../../view/release-view.ts';
import { type Canvas, clip, pad } from './paint.ts';

/** How many pods there is room for. */
export interface Room {
  /** Pods of each version; those that are not ready come first. */
  readonly pods: number;
}

function podLines(pods: readonly PodView[], { width, paint }: Canvas, room: Room): string[] {
  if (room.pods === 0) return [];
  const shown = pods.slice(0, room.pods);
  const hidden = pods.length - shown.length;
  const column = Math.max(0, ...shown.map(({ name }) => name.length)) + 3;
  const lines = shown.map(
    ({ name, text, tone, devices }) =>
      `${pad(name, column)}${paint(tone, clip([text, ...devices].join(', '), width - column - 3))}`,
  );
  const all = hidden === 0 ? lines : [...lines, paint('faint', `and ${hidden} more`)];
  return all.map((line, at) => `${paint('faint', at === all.length - 1 ? '└─' : '├─')} ${line}`);
}

/** A version with its pods. */
export function versionLines(
  { label, replicaSet, text, tone, pods }: VersionView,
  canvas: Canvas,
  room: Room,
  column: number,
): string[] {
  const { paint } = canvas;
  return [
    `${paint('strong', pad(label, column))}${replicaSet}  ${paint(tone, text)}`.trimEnd(),
    ...podLines(pods, canvas, room),
  ];
}

/** A note that something is missing, and what would show it. */
export function hiddenLines({ hidden }: ReleaseView, { paint }: Canvas): string[] {
  if (hidden.length === 0) return [];
  const kinds = hidden.map((kind) => `${kind}s`).join(' and ');
  return [
    paint('faint', `(${kinds} are not shown, since you may not read them; the ClusterRole view lets you)`),
  ];
}
