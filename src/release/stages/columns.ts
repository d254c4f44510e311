/** The properties of a place. What a stage waits for is in the file of its phase. */
export interface StageColumns {
  /** What happens, for people. */
  readonly label: string;
  /**
   * Goal of the routes. `none`: they are not ours. `prepared`: as the user wrote them, with subsets of both versions
   * defined. `untouched`: as the user wrote them, with nothing of ours. `closed`: weight 0. `split`: the weight of the
   * status. `withdrawn`: the canary is out of all routes. `keptWhole`: all to the canary if it has all already, else
   * `prepared`. `returning`: stable gets what it can serve.
   */
  readonly route:
    | 'none'
    | 'prepared'
    | 'untouched'
    | 'closed'
    | 'split'
    | 'withdrawn'
    | 'keptWhole'
    | 'returning';
  /** Goal of the canary ReplicaSet. `absent` applies until the handover: then it is the Deployment's. */
  readonly canary: 'left' | 'detached' | 'handedOver' | 'absent';
  /** Size of the canary: that of the first weight, of the step, of the handover, or its current one. */
  readonly size: 'first' | 'step' | 'handover' | 'kept';
  /**
   * Goal of the Deployment. `lending` and `repaid`: without, and with, the borrowed pod. `canary`, `newer` and
   * `stable`: with that template. `final`: its state after an abort.
   */
  readonly workload: 'left' | 'lending' | 'repaid' | 'canary' | 'newer' | 'stable' | 'final';
  /** Whether the release writes the template of the Deployment, so that a different one is a newer push. */
  readonly ownsTemplate: boolean;
  /** Weight of the canary when the stage is entered. */
  readonly weight: 'zero' | 'kept' | 'connect' | 'step' | 'all';
  /** Whether windows of its traffic are judged, as long as it has any. */
  readonly judged: boolean;
  /** What is measured: checks before any traffic, nothing yet, or the step. */
  readonly analysis: 'none' | 'start' | 'ahead' | 'step';
  /** Whether the pods of the canary are read; `awaited`: only after they have had time to load. */
  readonly podsWatched: 'no' | 'yes' | 'awaited';
  /** Whether the pods are sent the warm-up requests of the policy. */
  readonly warmsUp: boolean;
  /** Whether it waits for more pods, at most as long as for the first ones. */
  readonly grows: boolean;
  /** Whether no pod is ready, which is tolerated for a while. */
  readonly recovers: boolean;
  /** Whether the budget of the namespace must have room for the canary. */
  readonly claimsBudget: boolean;
  /** Whether something may still end the release. */
  readonly abandonable: boolean;
  /** Whether the native update is still to come or running, so that its safety matters. */
  readonly updateAhead: boolean;
  /** What `status.stepText` names: the start, the step, the promotion, or where the release was before it ended. */
  readonly step: 'start' | 'weight' | 'promotion' | 'kept';
  /** Its deadline in the policy, shared with neighbouring stages. */
  readonly deadline: 'start' | 'step' | 'promotion' | null;
}
