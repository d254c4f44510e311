/** The meaning of a text, from which its colour follows. */
export type Tone = 'good' | 'bad' | 'doubt' | 'active' | 'faint';

/** Whether a phase is good or bad. */
export function toneOf(phase: string): Tone {
  if (phase === 'Promoted') return 'good';
  if (phase === 'Aborted' || phase === 'Aborting' || phase === 'Invalid') return 'bad';
  return phase === 'Idle' || phase === 'Superseded' || phase === 'Cancelled' ? 'faint' : 'active';
}
