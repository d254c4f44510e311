import { abTest, match, sticky } from './pace.ts';
import { approvers, channel } from './people.ts';
import { bodyFrom, budget, path } from './pods.ts';
import {
  approval,
  args,
  choice,
  count,
  duration,
  increase,
  latency,
  optIn,
  type Read,
  share,
  steps,
  templates,
} from './values.ts';

/** What all annotations of ours begin with. */
export const PREFIX = 'sluice.dev/';
/** Annotation by which a person opts a Deployment in (`true`) or out (`off`). */
export const OPT_IN = `${PREFIX}rollout`;

/** One annotation: how its value looks, what it is for, and how it is read. */
export interface AnnotationKind {
  readonly name: string;
  readonly example: string;
  readonly description: string;
  readonly read: (text: string) => Read;
}

/** An annotation of ours, by the end of its name. */
export const annotation = (
  suffix: string,
  example: string,
  description: string,
  read: AnnotationKind['read'],
): AnnotationKind => ({ name: PREFIX + suffix, example, description, read });

const kind = annotation;

const ANNOTATIONS: readonly AnnotationKind[] = [
  kind(
    'rollout',
    'true',
    '`true` opts the Deployment in, with the settings below; `off` lifts the gate at once, even where a Rollout object asks for it, and releases everything unchecked.',
    optIn,
  ),
  kind(
    'steps',
    '10,25,50',
    'Weights of the canary in percent, ascending, or `auto`: from 10 to 50, chosen from the evidence; or `blue-green`: all pods beside the old ones, and all traffic in one step. After the last one comes the promotion. Default: `10,25,50`.',
    steps,
  ),
  kind(
    'match',
    'header:x-tester=yes',
    'Requests that the new version gets before the weights, beside them, and, with `steps: blue-green`, as its preview: with this value of a header, or of a cookie (`cookie:beta=1`), or for this host (`host:preview.example.com`); several are separated by commas. Its gate is `match`.',
    match,
  ),
  kind(
    'mirror',
    '20',
    'Percent of the requests that are copied to the new version at first, and whose answers reach nobody. Its gate is `mirror`.',
    (text) => count(text.replace(/%$/, ''), 100, (mirror) => ({ mirror })),
  ),
  kind(
    'sticky',
    'true',
    '`true`, or the name of the cookie by which clients stay with their version. Default: each request is divided by itself.',
    sticky,
  ),
  kind(
    'ab-test',
    '50,30m',
    'In place of steps: an A/B test with this weight, for this long; with `match`, only how long (`30m`). At most as long as `step-deadline`.',
    abTest,
  ),
  kind(
    'rolling-update',
    'true',
    '`true`: in place of steps and of a router, the rolling update of the Deployment itself, whose first pods are analysed before the others follow, and which goes back on a failing verdict.',
    (text) => choice(text, ['true'], { rollingUpdate: true }),
  ),
  kind(
    'scale-down-delay',
    '10m',
    'With `steps: blue-green`: how long the old version keeps its pods after the switch. Default: `5m`.',
    (text) => duration(text, { scaleDownDelay: text }),
  ),
  kind(
    'bake',
    '2m',
    'Shortest time of analysed traffic at each step. Default: as long as min-windows windows take.',
    (text) => duration(text, { bake: text }),
  ),
  kind(
    'max-bake',
    '15m',
    'Longest time of analysed traffic that a step takes while its evidence is inconclusive; then `on-inconclusive`. Default: until `step-deadline`.',
    (text) => duration(text, { analysis: { maxBake: text } }),
  ),
  kind(
    'on-inconclusive',
    'hold',
    'What happens at max-bake where there is data and it does not decide: `hold` waits for a person, `abort` rolls back, `promote` continues. Default: `hold`.',
    (text) => choice(text, ['hold', 'abort', 'promote'], { analysis: { onInconclusive: text } }),
  ),
  kind(
    'on-shared-fault',
    'hold',
    'What happens while stable is beyond a bound as well: `hold` keeps the weight until that is over, `abort` rolls back. Default: `hold`.',
    (text) => choice(text, ['hold', 'abort'], { analysis: { onSharedFault: text } }),
  ),
  kind(
    'analysis',
    'http-generic',
    'Analysis templates, separated by commas: `NAME` for a ClusterAnalysisTemplate, `AnalysisTemplate/NAME` for one of the namespace. Default: the template that the controller is set to.',
    templates,
  ),
  kind('analysis-args', 'name=value', 'Arguments for the analysis templates, separated by commas.', args),
  kind(
    'max-p95',
    '250ms',
    'Bound of the metric `latency`: at most 5% of the requests may be slower (with the quantile of the template). An edge of a histogram bucket.',
    latency,
  ),
  kind(
    'max-p95-increase',
    '1pp',
    'How many more slow requests than stable the canary may have: percentage points, or percent of stable.',
    (text) => increase(text, { latency: { maxIncrease: text } }),
  ),
  kind('max-error-rate', '1%', 'Bound of the metric `errors`: share of failed requests.', share),
  kind(
    'max-error-rate-increase',
    '1pp',
    'How many more failed requests than stable the canary may have: percentage points, or percent of stable.',
    (text) => increase(text, { errors: { maxIncrease: text } }),
  ),
  kind(
    'interval',
    '10s',
    'Length of one window of the analysis. At least the scrape interval. Default: `10s`.',
    (text) => duration(text, { analysis: { interval: text } }),
  ),
  kind('warmup', '5s', 'Time after each change of weight that no window covers. Default: `5s`.', (text) =>
    duration(text, { analysis: { warmup: text } }),
  ),
  kind(
    'min-requests',
    '50',
    'Requests that the canary must have answered at a weight before the step can pass. Default: `50`.',
    (text) => count(text, 1_000_000, (minRequests) => ({ analysis: { minRequests } })),
  ),
  kind('min-windows', '3', 'Windows with data that a step needs. Default: `3`.', (text) =>
    count(text, 1000, (minWindows) => ({ analysis: { minWindows } })),
  ),
  kind(
    'on-timeout',
    'hold',
    'What happens at the deadline of a step without enough evidence: `hold` waits for a person, `abort` rolls back. Default: `hold`.',
    (text) => choice(text, ['hold', 'abort'], { analysis: { onTimeout: text } }),
  ),
  kind(
    'approval',
    '50,promotion',
    'Where a person must approve, separated by commas: `start`, `promotion`, or the weight of a step.',
    approval,
  ),
  kind(
    'approval-from',
    'alice,group:ml-leads,slack:U0123456789',
    'Who may approve, separated by commas: a user, `group:`, `slack:` or `slack-group:` with an ID. Default: all who have the verb `approve`, and nobody in Slack.',
    approvers,
  ),
  kind(
    'approval-slack',
    '#ml-releases',
    'Channel of Slack in which people are asked, with buttons. Without `approval`, before the promotion.',
    (text) => channel(text, (slack) => ({ approvalOptions: { slack } })),
  ),
  kind('approval-quorum', '2', 'Different people that must approve each gate. Default: `1`.', (text) =>
    count(text, 10, (quorum) => ({ approvalOptions: { quorum } })),
  ),
  kind('approval-timeout', '2h', 'How long a gate waits. Default: for ever.', (text) =>
    duration(text, { approvalOptions: { timeout: text } }),
  ),
  kind(
    'approval-on-timeout',
    'abort',
    'After approval-timeout: `hold` keeps the weight and warns, `abort` rolls back. Default: `hold`.',
    (text) => choice(text, ['hold', 'abort'], { approvalOptions: { onTimeout: text } }),
  ),
  kind(
    'notify',
    '#ml-releases',
    'Slack channel that gets a thread for each release. More receivers are set in a Rollout, or by namespace.',
    (text) => channel(text, (slack) => ({ notifications: [{ name: 'slack', slack }] })),
  ),
  kind(
    'on-new-revision',
    'supersede',
    'What a newer pod template does to a release whose canary has pods: `supersede` ends it at once, `queue` waits until it has ended. Default: `supersede`.',
    (text) => choice(text, ['supersede', 'queue'], { policy: { onNewRevision: text } }),
  ),
  kind(
    'on-abort',
    'hold',
    'After a roll-back: `hold` leaves the Deployment paused with the failed template (right for GitOps), `revert` writes the stable template back. Default: `hold`.',
    (text) => choice(text, ['hold', 'revert'], { policy: { onAbort: text } }),
  ),
  kind('start-deadline', '15m', 'For the canary pods to become ready. Default: `15m`.', (text) =>
    duration(text, { deadlines: { start: text } }),
  ),
  kind('step-deadline', '1h', 'For one step to pass. Default: `1h`.', (text) =>
    duration(text, { deadlines: { step: text } }),
  ),
  kind(
    'drain-deadline',
    '5m',
    'For the proxies to send nothing more to a canary at weight 0, before its pods are removed all the same. Default: `5m`.',
    (text) => duration(text, { deadlines: { drain: text } }),
  ),
  kind('promotion-deadline', '1h', 'For the native rolling update to finish. Default: `1h`.', (text) =>
    duration(text, { deadlines: { promotion: text } }),
  ),
  kind(
    'settle',
    '2s',
    'Time that a change of routes takes to be in force in every proxy. Default: `2s`.',
    (text) => duration(text, { policy: { settle: text } }),
  ),
  kind(
    'max-restarts',
    '1',
    'Times that a container may be started again in one canary pod; one more rolls back. Default: `1`.',
    (text) => count(text, 1000, (maxRestarts) => ({ health: { maxRestarts } }), 0),
  ),
  kind(
    'max-evictions',
    '0',
    'Pods of the canary that nodes may evict; one more rolls back. Default: `0`.',
    (text) => count(text, 1000, (maxEvictions) => ({ health: { maxEvictions } }), 0),
  ),
  kind(
    'not-ready',
    '30s',
    'Time that a canary pod that was ready may be not ready, while others serve. Default: `30s`.',
    (text) => duration(text, { health: { notReady: text } }),
  ),
  kind(
    'unhealthy-grace',
    '15s',
    'Time that the canary may be without a ready pod, at weight 0, before it is rolled back. Default: `15s`.',
    (text) => duration(text, { policy: { unhealthyGrace: text } }),
  ),
  kind(
    'canary-replicas',
    '1',
    'Pods of the canary at every step. Default: the share of stable that the weight is.',
    (text) => count(text, 1000, (replicas) => ({ canary: { replicas } })),
  ),
  kind(
    'cold-start',
    '2m',
    'How long a pod takes until it is itself: until then only gross faults of it roll back. Default: as past starts have shown, else none.',
    (text) => duration(text, { canary: { coldStart: text } }),
  ),
  kind(
    'canary-mode',
    'borrow',
    '`surge` runs the canary beside stable; `borrow` runs one canary pod in the place of one stable pod. Default: `surge`.',
    (text) => choice(text, ['surge', 'borrow'], { canary: { mode: text } }),
  ),
  kind(
    'canary-budget',
    'nvidia.com/gpu=2',
    'What all canaries of the namespace may take together, separated by commas. A release that would take more waits in `Pending`.',
    budget,
  ),
  kind(
    'warm-up-path',
    '/v1/predict',
    'Path of requests that each canary pod answers before it gets traffic. Any of the `warm-up-` annotations asks for them. Default: `/`.',
    path,
  ),
  kind('warm-up-method', 'POST', 'Their method: `GET` or `POST`. Default: `POST`.', (text) =>
    choice(text, ['GET', 'POST'], { warmUp: { method: text } }),
  ),
  kind('warm-up-body', '{"input": [1, 2, 3]}', 'Their body, as it is sent.', (body) => ({
    settings: { warmUp: { body } },
  })),
  kind(
    'warm-up-body-from',
    'sluice-warm-up/predict.json',
    'Where their body is read, in place of warm-up-body: `KEY` of the ConfigMap `sluice-warm-up`, or `CONFIGMAP/KEY`.',
    bodyFrom,
  ),
  kind('warm-up-port', '8080', 'Port that they go to. Default: the first port of the template.', (text) =>
    count(text, 65_535, (port) => ({ warmUp: { port } })),
  ),
  kind('warm-up-requests', '20', 'How many each pod must answer with success. Default: `20`.', (text) =>
    count(text, 10_000, (requests) => ({ warmUp: { requests } })),
  ),
  kind('warm-up-concurrency', '1', 'How many go to one pod at a time. Default: `1`.', (text) =>
    count(text, 64, (concurrency) => ({ warmUp: { concurrency } })),
  ),
  kind('warm-up-timeout', '30s', 'How long one may take. Default: `30s`.', (text) =>
    duration(text, { warmUp: { timeout: text } }),
  ),
  kind(
    'connect-weight',
    '1',
    'Percent of the traffic that the canary has for `connect-for` before the first step, so that proxies open connections; below the first step. Either of the two asks for it. Default: `1`.',
    (text) => count(text, 99, (weight) => ({ connect: { weight } })),
  ),
  kind('connect-for', '10s', 'How long it has that weight. Default: `10s`.', (text) =>
    duration(text, { connect: { for: text } }),
  ),
  kind(
    'rollback-window',
    '3',
    'How many revisions that served before may come back without steps. Default: `0`.',
    (text) => count(text, 10, (revisions) => ({ policy: { rollbackWindow: { revisions } } }), 0),
  ),
  kind('drain', '10s', 'Least time at weight 0 before canary pods are removed. Default: `10s`.', (text) =>
    duration(text, { policy: { drain: text } }),
  ),
];

/** Every annotation that a person may write on a Deployment, in the order of the documentation. */
export function annotationKinds(routers: {
  readonly annotations: readonly AnnotationKind[];
}): readonly AnnotationKind[] {
  const [first, ...rest] = ANNOTATIONS;
  return [...(first === undefined ? [] : [first]), ...routers.annotations, ...rest];
}
