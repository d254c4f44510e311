import type { ReleaseView } from '../../view/release-view.ts';

/** `GET /api/v1/namespaces/NAMESPACE/rollouts/NAME/history`: the stored releases as views, newest first. Pods are left out. */
export interface HistoryPage {
  readonly rollout: string;
  readonly releases: readonly ReleaseView[];
}
