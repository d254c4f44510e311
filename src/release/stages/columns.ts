/** What differs between the places of a release. What a stage waits for stands in the file of its phase. */
export interface StageColumns {
  /** What is going on, for people. */
  readonly label: string;
  /**
   * What the routes are to be. `none`: they are not ours. `prepared`: as the user wrote them, beside subsets of both
   * versions. `untouched`: as the user wrote them, with nothing of ours. `closed`: weight 0. `split`: the weight of the
   * status. `withdrawn`: the canary is out of the routes, wherever they lead. `returning`: stable gets what it can take.
   */
  readonly route: 'none' | 'prepared' | 'untouched' | 'closed' | 'split' | 'withdrawn' | 'returning';
  /** What the canary ReplicaSet is to be. `absent` holds until it is handed over: then it is the Deployment's. */
  readonly canary: 'left' | 'detached' | 'handedOver' | 'absent';
  /** Pods that the canary is to have: those of the first weight, of the step, of the handover, or as many as it has. */
  readonly size: 'first' | 'step' | 'handover' | 'kept';
  /**
   * What the Deployment is to be. `lending` and `repaid`: without, and with, the pod that is borrowed. `canary`, `newer`
   * and `stable`: with that template. `final`: as an abort leaves it.
   */
  readonly workload: 'left' | 'lending' | 'repaid' | 'canary' | 'newer' | 'stable' | 'final';
  /** Whether the template in the Deployment is the release's own to write, so that another one is a newer push. */
  readonly ownsTemplate: boolean;
  /** Weight of the canary from the moment in which the stage is entered. */
  readonly weight: 'zero' | 'kept' | 'connect' | 'step' | 'all';
  /** Whether windows of its traffic are compared, as long as it has any. */
  readonly judged: boolean;
  /** What is measured: checks before any traffic, nothing of the step yet, or the step. */
  readonly analysis: 'none' | 'start' | 'ahead' | 'step';
  /** Whether the pods of the canary are looked at; `awaited`: only after they have had time to load. */
  readonly podsWatched: 'no' | 'yes' | 'awaited';
  /** Whether the pods are sent the warm-up requests of the policy. */
  readonly warmsUp: boolean;
  /** Whether more pods are waited for here, for as long as the first ones had at most. */
  readonly grows: boolean;
  /** Whether no pod is ready, which is put up with for a while. */
  readonly recovers: boolean;
  /** Whether the budget of the namespace must have room for the canary. */
  readonly claimsBudget: boolean;
  /** Whether something may still end the release. */
  readonly abandonable: boolean;
  /** Whether the native update lies ahead, or is under way: what would keep it from going well matters. */
  readonly updateAhead: boolean;
  /** What `status.stepText` names: the start, the step, the promotion, or where the release was before it ended. */
  readonly step: 'start' | 'weight' | 'promotion' | 'kept';
  /** Which of the policy's deadlines it is under, with the stages beside it. */
  readonly deadline: 'start' | 'step' | 'promotion' | null;
}
