import type { StepView } from '../../../view/release-view.ts';

/** The steps as a line with the present place. */
export function Steps({ steps }: { readonly steps: readonly StepView[] }) {
  if (steps.length === 0) return null;
  return (
    <ol class="steps" aria-label="Steps">
      {steps.map(({ name, state }) => (
        <li key={name} class={`step ${state}`} aria-current={state === 'current' ? 'step' : undefined}>
          {name} <span class="faint">{state}</span>
        </li>
      ))}
    </ol>
  );
}
