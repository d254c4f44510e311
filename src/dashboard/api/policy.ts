import type { PolicyWords } from '../../view/policy-words.ts';

/** `GET /api/v1/namespaces/NAMESPACE/rollouts/NAME/policy`. */
export interface PolicyPage {
  readonly namespace: string;
  readonly name: string;
  readonly workload: { readonly kind: string; readonly name: string };
  /** What it says, in plain words. */
  readonly words: readonly PolicyWords[];
  /** The Rollout's spec as YAML, without what the API server adds. */
  readonly yaml: string;
  /** Its conditions, with their page of the manual. */
  readonly conditions: readonly {
    readonly type: string;
    readonly status: string;
    readonly reason: string;
    readonly message: string;
    readonly since: string;
    /** What the reason means and what to do, in Markdown. */
    readonly help: string;
  }[];
}
