import type { Release } from '../api/release/release.ts';

/** A command about a release, ready to be copied. */
export function commandFor(command: string, { metadata }: Release): string {
  const { name, namespace } = metadata;
  return `sluice ${command} release/${name}${namespace === undefined ? '' : ` -n ${namespace}`}`;
}

/** Commands at a waiting gate. They name the gate, so that running one later opens no other. */
export function commandsAtGate(release: Release, gate: string): readonly string[] {
  return ['approve', 'reject'].map((command) => `${commandFor(command, release)} --gate ${gate}`);
}

/** Commands for a release that does not continue by itself. */
export function commandsWhenStuck(release: Release): readonly string[] {
  const { phase = 'Pending' } = release.status ?? {};
  if (phase === 'Stepping') return [commandFor('skip', release), commandFor('abort', release)];
  return phase === 'Pending' || phase === 'Starting' ? [commandFor('abort', release)] : [];
}
