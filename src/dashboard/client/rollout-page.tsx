import type { SessionInfo } from '../api/session.ts';
import { HistoryPage } from './history/history-page.tsx';
import { Link } from './parts/link.tsx';
import { PolicyPage } from './policy/policy-page.tsx';
import { ReleasePage } from './release/release-page.tsx';
import { pathTo, TABS, type Tab } from './route.ts';
import { pathOf } from './server.ts';

const NAMES: Readonly<Record<Tab, string>> = { release: 'Release', history: 'History', policy: 'Policy' };

interface RolloutPageProps {
  readonly namespace: string;
  readonly name: string;
  readonly tab: Tab;
  readonly session: SessionInfo;
}

/** The pages about a Rollout: its current release, its history, its policy. */
export function RolloutPage({ namespace, name, tab, session }: RolloutPageProps) {
  const at = pathTo('rollouts', namespace, name);
  const resource = pathOf('namespaces', namespace, 'rollouts', name, 'current');
  return (
    <main>
      <h1>
        {namespace}/{name}
      </h1>
      <nav class="tabs" aria-label="Pages of this Rollout">
        {TABS.map((one) => (
          <Link
            key={one}
            href={one === 'release' ? at : `${at}/${one}`}
            aria-current={one === tab ? 'page' : undefined}
          >
            {NAMES[one]}
          </Link>
        ))}
      </nav>
      {tab === 'release' && <ReleasePage key={resource} path={resource} session={session} />}
      {tab === 'history' && <HistoryPage key={at} namespace={namespace} name={name} />}
      {tab === 'policy' && <PolicyPage key={at} namespace={namespace} name={name} />}
    </main>
  );
}
