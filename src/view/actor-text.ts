import type { Release } from '../api/release.ts';
import { approversOf, asksAt, whoOf } from '../release/gates/approval.ts';

/** What a Release keeps of a person who acted. */
interface Deed {
  readonly by?: string | undefined;
  readonly onBehalfOf?: string | undefined;
  readonly via?: string | undefined;
  readonly reason?: string | undefined;
}

/** Who did something, and by what way where it was not Kubernetes. */
export function byText({ by, onBehalfOf = '', via }: Deed): string {
  return `${whoOf({ by, onBehalfOf })}${via === undefined ? '' : ` through ${via}`}`;
}

/** Why they did it, where they said so. */
export function reasonText({ reason }: Deed): string {
  return reason === undefined ? '' : `: ${reason}`;
}

/** How many of the people that a gate needs have approved it; nothing where one is enough. */
export function countText(release: Release, gate: string): string {
  const quorum = asksAt(release, gate)?.quorum ?? 1;
  if (quorum === 1) return '';
  const given = approversOf(release, gate);
  return ` (${given.length} of ${quorum}${given.length === 0 ? '' : `: ${given.join(', ')}`})`;
}
