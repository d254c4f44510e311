import type { PacedStep } from './steps.ts';

const KINDS = ['match', 'mirror'] as const;

/** The gate before a step: its weight; or `match` or `mirror`, with its number where it is not the first: `match-2`. */
function gateOf(steps: readonly PacedStep[], index: number): string {
  const step = steps[index];
  if (step?.gate !== undefined) return step.gate;
  if (step?.weight !== undefined) return String(step.weight);
  const kind = KINDS.find((one) => step?.[one] !== undefined) ?? 'match';
  const number = steps.slice(0, index + 1).filter((one) => one[kind] !== undefined).length;
  return number === 1 ? kind : `${kind}-${number}`;
}

/** The gates before steps, in their order. */
export function gatesOf(steps: readonly PacedStep[]): readonly string[] {
  return steps.map((_step, index) => gateOf(steps, index));
}

/** `match-2` is a gate if at least two steps have a match. */
const numbered = KINDS.map((kind) => {
  const count = `size(self.steps.filter(step, has(step.${kind})))`;
  return `gate.startsWith('${kind}') && ${count} >= (gate == '${kind}' ? 1 : int(gate.substring(${kind.length + 1})))`;
});

/** CEL: whether `gate` is that of one of the given steps. */
export const gateRule = [
  'self.steps.exists(step, has(step.weight) && string(step.weight) == gate)',
  ...numbered,
].join(' || ');
