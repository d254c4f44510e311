import type { Release } from '../api/release/release.ts';
import { withCurrentNames } from '../release/status/stage-names.ts';
import { traceIdOf } from '../release/trace/trace.ts';
import { calibrationViews } from './calibrations.ts';
import { changeView, triedTemplate } from './change.ts';
import { exposureView } from './exposure.ts';
import { linksOf } from './links.ts';
import { analysisView, metricViews } from './metrics.ts';
import { nextView } from './next.ts';
import { peopleView } from './people.ts';
import { placeView, severityNow } from './place.ts';
import { type HeadingView, type ReleaseView, VIEW_VERSION } from './release-view.ts';
import { stepViews } from './steps.ts';
import { toneOf } from './tone.ts';
import { trafficView } from './traffic.ts';
import { versionViews } from './versions.ts';
import type { Known, ViewInput } from './view-input.ts';

/** Stages in statuses of older controllers get their current names. */
function current(release: Release): Release {
  const { status } = release;
  return status === undefined ? release : { ...release, status: withCurrentNames(status) };
}

function known({ release = null, ...given }: ViewInput): Known {
  const nothing = { rollout: null, coming: null, deployment: null, replicaSets: [], pods: [], hidden: [] };
  return { ...nothing, ...given, release: release === null ? null : current(release) };
}

function headingOfRelease(release: Release, { replicaSets, deployment }: Known): HeadingView {
  const { metadata, spec, status } = release;
  const began = status?.startedAt ?? metadata.creationTimestamp;
  const trace = traceIdOf(release);
  return {
    namespace: metadata.namespace ?? '',
    rollout: spec.rollout,
    workload: { kind: spec.workload.kind, name: spec.workload.name },
    release: metadata.name,
    revision: spec.revision,
    ...(began === undefined ? {} : { began }),
    ...(status?.finishedAt === undefined ? {} : { ended: status.finishedAt }),
    ...(trace === undefined ? {} : { trace }),
    change: changeView(spec.stable.template, triedTemplate(release, replicaSets, deployment)),
  };
}

function headingOfRollout({ rollout, coming }: Known): HeadingView {
  const { namespace = '', name = '' } = rollout?.metadata ?? {};
  const { kind, name: workload } = rollout?.spec.target ?? { kind: 'Deployment', name };
  return {
    namespace,
    rollout: name,
    workload: { kind, name: workload },
    release: null,
    revision: coming,
    change: changeView(undefined, undefined),
  };
}

/**
 * A release as people see it, or a Rollout without one. It shows whatever is known, and never fails because something
 * is unknown.
 */
export function viewOf(input: ViewInput): ReleaseView {
  const all = known(input);
  const { release } = all;
  const place = placeView(all);
  const versions = versionViews(all);
  return {
    apiVersion: VIEW_VERSION,
    kind: 'ReleaseView',
    at: new Date(all.now).toISOString(),
    heading: release === null ? headingOfRollout(all) : headingOfRelease(release, all),
    place,
    severity: severityNow(all),
    tone: toneOf(place.phase),
    steps: release === null ? [] : stepViews(release),
    traffic: trafficView(release, versions),
    versions,
    hidden: all.hidden,
    analysis: analysisView(release),
    metrics: metricViews(release),
    exposure: exposureView(release),
    calibrations: calibrationViews(all),
    people: peopleView(release),
    next: nextView(all),
    links: release === null ? [] : linksOf(release),
  };
}
