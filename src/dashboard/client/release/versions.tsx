import type { VersionView } from '../../../view/release-view.ts';

/** Both versions with their pods. */
export function Versions({
  versions,
  hidden,
}: {
  readonly versions: readonly VersionView[];
  readonly hidden: readonly string[];
}) {
  if (versions.length === 0) return null;
  return (
    <section class="card">
      <h2>Versions</h2>
      {hidden.length > 0 && <p class="faint">You may not see: {hidden.join(', ')}.</p>}
      <div class="versions">
        {versions.map(({ role, label, replicaSet, images, text, tone, pods }) => (
          <article key={role}>
            <h3>
              {label} <span class={`tone-${tone}`}>{text}</span>
            </h3>
            <p class="faint">{replicaSet}</p>
            <ul class="plain">
              {Object.entries(images).map(([container, image]) => (
                <li key={container}>
                  {container}: <code>{image}</code>
                </li>
              ))}
            </ul>
            <ul class="plain pods">
              {pods.map((pod) => (
                <li key={pod.name}>
                  {pod.name}
                  <br />
                  <span class={`tone-${pod.tone} number`}>{pod.text}</span>
                  {pod.devices.length > 0 && <span class="faint"> {pod.devices.join(', ')}</span>}
                </li>
              ))}
            </ul>
          </article>
        ))}
      </div>
    </section>
  );
}
