import type { ChangeView } from '../../../view/release-view.ts';
import type { FieldDiff } from '../../api/release.ts';

function Field({ path, before, after }: FieldDiff) {
  return (
    <li>
      <code class="path">{path}</code>
      {before !== undefined && (
        <pre class="gone">
          <span aria-hidden="true">− </span>
          <span class="hidden">before: </span>
          {before}
        </pre>
      )}
      {after !== undefined && (
        <pre class="new">
          <span aria-hidden="true">+ </span>
          <span class="hidden">after: </span>
          {after}
        </pre>
      )}
    </li>
  );
}

/** What changed in the pod template. */
export function Change({
  change,
  diff,
}: {
  readonly change: ChangeView;
  readonly diff: readonly FieldDiff[];
}) {
  if (change.images.length + diff.length === 0) return null;
  return (
    <section class="card">
      <h2>What changed</h2>
      <ul class="plain">
        {change.images.map((line) => (
          <li key={line}>
            <code>{line}</code>
          </li>
        ))}
      </ul>
      {diff.length > 0 && (
        <details open={diff.length <= 4}>
          <summary>
            {diff.length} {diff.length === 1 ? 'field' : 'fields'} of the pod template
          </summary>
          <p class="faint">What may be a secret is shown as *** with a number.</p>
          <ul class="plain diff">
            {diff.map((field) => (
              <Field key={field.path} {...field} />
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}
