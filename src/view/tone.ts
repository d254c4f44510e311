/** What a text is to look like, by its meaning. */
export type Tone = 'good' | 'bad' | 'doubt' | 'canary' | 'strong' | 'faint';

/** How good or bad it is to be in a phase. */
export function toneOf(phase: string): Tone {
  if (phase === 'Promoted') return 'good';
  if (phase === 'Aborted' || phase === 'Aborting' || phase === 'Invalid') return 'bad';
  return phase === 'Idle' || phase === 'Superseded' || phase === 'Cancelled' ? 'faint' : 'canary';
}
