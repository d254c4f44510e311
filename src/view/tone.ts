/** What a text is about, for whoever gives it a colour. */
export type Tone = 'good' | 'bad' | 'doubt' | 'active' | 'faint';

/** How good or bad it is to be in a phase. */
export function toneOf(phase: string): Tone {
  if (phase === 'Promoted') return 'good';
  if (phase === 'Aborted' || phase === 'Aborting' || phase === 'Invalid') return 'bad';
  return phase === 'Idle' || phase === 'Superseded' || phase === 'Cancelled' ? 'faint' : 'active';
}
