import { quickAnalysis } from '../testbed/model.ts';

/** A way of releasing that is recorded. */
export interface Scenario {
  readonly title: string;
  /** Fields of the Rollout, as YAML for people. */
  readonly policy: string;
  /** The same for the cluster. */
  readonly spec: object;
  /** Headers of callers beside everybody. */
  readonly joined?: Readonly<Record<string, string>>;
  /** A gate that is approved after a while. */
  readonly approves?: string;
}

const NO_STEPS = { steps: undefined };

/** Every strategy, short enough to be read. */
export const SCENARIOS: readonly Scenario[] = [
  {
    title: 'By weights',
    policy: 'steps: [{weight: 25}, {weight: 50}]',
    spec: {},
  },
  {
    title: 'Without a mesh',
    policy: 'traffic: {service: {}}\nsteps: [{weight: 33}]',
    spec: { traffic: { service: {} }, steps: [{ weight: 33 }] },
  },
  {
    title: 'Guarded rolling update',
    policy: 'rollingUpdate: {}',
    spec: { ...NO_STEPS, traffic: undefined, rollingUpdate: {} },
  },
  {
    title: 'Blue/green',
    policy: 'blueGreen: {scaleDownDelay: 6s}\napproval: {at: [switch]}',
    spec: { ...NO_STEPS, blueGreen: { scaleDownDelay: '6s' }, approval: { at: ['switch'] } },
    approves: 'switch',
  },
  {
    title: 'A/B test',
    policy: 'abTest: {weight: 50, for: 15s, decide: person}\napproval: {at: [promotion]}',
    spec: {
      ...NO_STEPS,
      abTest: { weight: 50, for: '15s', decide: 'person' },
      approval: { at: ['promotion'] },
      analysis: quickAnalysis(),
    },
    approves: 'promotion',
  },
  {
    title: 'Testers first',
    policy: 'steps:\n  - match: [{headers: {x-tester: {exact: "yes"}}}]\n  - weight: 50',
    spec: { steps: [{ match: [{ headers: { 'x-tester': { exact: 'yes' } } }] }, { weight: 50 }] },
    joined: { 'x-tester': 'yes' },
  },
  {
    title: 'Copies first',
    policy: 'steps: [{mirror: 50}, {weight: 50}]',
    spec: { steps: [{ mirror: 50 }, { weight: 50 }] },
  },
];
