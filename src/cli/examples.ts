type Example = readonly [line: string, what: string];

/** Command lines of each command, and what each is for where the line does not say it. */
export const EXAMPLES: Readonly<Record<string, readonly Example[]>> = {
  get: [
    ['sluice get -A', 'all Rollouts of the cluster'],
    ['sluice get ranker -n shop -o json', ''],
  ],
  status: [
    ['sluice status ranker -w', 'follow the release to its end'],
    ['sluice status release/ranker-7c9f -o json', 'an earlier release, for a program'],
  ],
  watch: [['sluice watch ranker', '']],
  explain: [
    ['sluice explain ranker', ''],
    ['sluice explain ranker --record pass.json', 'for a bug report'],
  ],
  history: [['sluice history ranker', '']],
  notifications: [['sluice notifications -A --failed', 'what did not reach anybody']],
  diff: [['sluice diff ranker', '']],
  dashboard: [['sluice dashboard', 'opens http://127.0.0.1:8484']],
  approve: [
    ['sluice approve ranker --reason "numbers are fine"', 'the gate that waits'],
    ['sluice approve ranker --gate promotion', 'beforehand'],
  ],
  reject: [['sluice reject ranker --reason "wrong model"', '']],
  abort: [['sluice abort ranker --reason "complaints of customers"', '']],
  pause: [['sluice pause ranker --reason "incident elsewhere"', '']],
  resume: [['sluice resume ranker', '']],
  skip: [['sluice skip ranker --reason "seen enough"', '']],
  promote: [['sluice promote ranker --full --reason "hot fix" --yes', '']],
  retry: [['sluice retry ranker', '']],
  wait: [
    ['sluice wait ranker --timeout 45m', 'in a pipeline: 0 is promoted, 1 rolled back, 3 the time is up'],
    ['sluice wait ranker --for approval', ''],
  ],
  validate: [
    ['sluice validate k8s/', ''],
    ['helm template chart | sluice validate -', ''],
  ],
  init: [['sluice init ranker -n shop > rollout.yaml', '']],
  doctor: [['sluice doctor', '']],
  version: [['sluice version --server', '']],
  preflight: [['sluice preflight ranker', '']],
  plan: [['sluice plan ranker --over 1h', '']],
  replay: [['sluice replay ranker --since 7d --html replay.html', '']],
  convert: [
    ['sluice convert k8s/ > sluice.yaml', 'the report is on standard error'],
    ['sluice convert --from-cluster -n shop --plan > plan.sh', 'how to move without downtime'],
    ['kubectl get canaries.flagger.app -o yaml | sluice convert - -o json', ''],
  ],
  completion: [
    ['source <(sluice completion bash)', 'in ~/.bashrc'],
    ['sluice completion zsh > "${fpath[1]}/_sluice"', ''],
    ['sluice completion fish > ~/.config/fish/completions/sluice.fish', ''],
  ],
};
