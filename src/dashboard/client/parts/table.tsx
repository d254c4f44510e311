import type { ComponentChildren } from 'preact';

/** A table that scrolls sideways where it has no room. */
export function Table({
  heads,
  rows,
  class: name = '',
}: {
  readonly heads: readonly string[];
  readonly rows: ComponentChildren;
  readonly class?: string;
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
    <section class="wide" tabIndex={0} aria-label={heads.join(', ')}>
      <table class={name}>
        <thead>
          <tr>
            {heads.map((head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{rows}</tbody>
      </table>
    </section>
  );
}
