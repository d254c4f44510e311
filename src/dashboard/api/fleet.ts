import type { Severity } from '../../api/notification.ts';
import type { PlaceView } from '../../view/release-view.ts';
import type { Tone } from '../../view/tone.ts';
import type { Health } from './problem.ts';

/** One Rollout, as `sluice get` shows it. It changes when its objects change: spans of time are the client's to count. */
export interface FleetRow {
  /** `NAMESPACE/NAME`, unique among the rows. */
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly workload: string;
  /** The current Release; null without one. */
  readonly release: string | null;
  readonly phase: PlaceView['phase'];
  /** Phase and stage by their names. */
  readonly place: string;
  readonly tone: Tone;
  readonly severity: Severity;
  readonly step: string | null;
  /** Percent of the traffic of the canary; null without a release. */
  readonly weight: number | null;
  /** The verdict of the step that is being judged; null if there is none. */
  readonly verdict: string | null;
  /** Its state in one line; of a Rollout without a release why it is not ready, else empty. */
  readonly summary: string;
  /** The gate that waits for a person, with the number of approvals. */
  readonly gate: {
    readonly name: string;
    readonly given: number;
    readonly quorum: number;
    readonly since?: string;
  } | null;
  /** Since when it has been where it is, RFC 3339. */
  readonly since: string | null;
  /** How the newest finished release ended. */
  readonly last: {
    readonly outcome: string;
    readonly reason: string;
    readonly at: string;
    readonly release: string;
  } | null;
  /** Labels of the Rollout, for filters such as the team. */
  readonly labels: Readonly<Record<string, string>>;
}

/** A place that the person may not see, with the reason and what to do. */
export interface Unseen {
  /** `*` for all namespaces. */
  readonly namespace: string;
  readonly message: string;
  readonly next: readonly string[];
}

/** `GET /api/v1/fleet?namespace=a&namespace=b`, and the event `snapshot` of its stream. Without a namespace, all of them. */
export interface FleetSnapshot {
  /** To resume the stream from: `GET /api/v1/fleet/stream?from=VERSION`. */
  readonly version: string;
  readonly rows: readonly FleetRow[];
  /** Why rows may be missing; empty if the person sees everything that was asked for. */
  readonly unseen: readonly Unseen[];
  readonly health: Health;
}

/**
 * The event `change` of `GET /api/v1/fleet/stream`, at most one a second: rows that are new or different, keys of those
 * that are gone. Its event id is the version to resume from. The event `snapshot` in its place replaces everything. The
 * event `health` carries a `Health`, `ended` a `Problem`: reconnect only after the cause is gone.
 */
export interface FleetChange {
  readonly rows: readonly FleetRow[];
  readonly gone: readonly string[];
}
