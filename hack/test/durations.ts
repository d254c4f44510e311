/**
 * Seconds that each integration test takes, as measured by `npm test` on two cores. Only the order and the split among
 * clusters follow from it, so a figure that is somewhat wrong costs time and nothing else.
 */
export const SECONDS: Readonly<Record<string, number>> = {
  'shared/ab-test': 200,
  'shared/bad-input': 48,
  'shared/blue-green': 60,
  'shared/cli': 75,
  'shared/deletion': 40,
  'shared/drift': 70,
  'shared/examples': 27,
  'shared/gateway-api': 90,
  'shared/gateway-shifts': 100,
  'shared/gitops-health': 45,
  'shared/held': 88,
  'shared/learning': 130,
  'shared/no-mesh': 40,
  'shared/pace': 82,
  'shared/promoting': 142,
  'shared/queue': 19,
  'shared/rolling-update': 110,
  'shared/refused': 41,
  'shared/release': 60,
  'shared/safety-capacity': 76,
  'shared/safety-gpus': 118,
  'shared/safety-health': 100,
  'shared/safety-shapes': 122,
  'shared/shifts': 60,
  'shared/supersede': 71,
  'shared/templates': 16,
  'shared/traffic': 37,
  'shared/trust': 68,
  'alone/admission': 20,
  'alone/approvals': 58,
  'alone/bypass': 52,
  'alone/chart': 92,
  'alone/cli-proxy': 18,
  'alone/convert': 165,
  'alone/crash': 56,
  'alone/crds': 10,
  'alone/crds-later': 67,
  'alone/dashboard': 32,
  'alone/faults': 218,
  'alone/istio': 48,
  'alone/kubernetes': 10,
  'alone/leader': 61,
  'alone/main': 50,
  'alone/metric-kinds': 89,
  'alone/metrics-away': 51,
  'alone/notifications': 121,
  'alone/quality': 123,
  'alone/redis': 127,
  'alone/release-admission': 16,
  'alone/scrape': 40,
  'alone/tracing': 83,
  'alone/uninstall': 149,
  'alone/webhook': 67,
};

/** A file without a measurement counts as long, so that it does not start last. */
const UNKNOWN = 120;

/** Seconds that a file such as `test/integration/shared/drift.test.ts` takes. */
export function secondsOf(file: string): number {
  const name = /(?<name>[^/]+\/[^/]+)\.test\.ts$/.exec(file)?.groups?.['name'] ?? '';
  return SECONDS[name] ?? UNKNOWN;
}

/** The files in the order in which they are to begin. */
export const longestFirst = (files: readonly string[]): string[] =>
  files.toSorted((a, b) => secondsOf(b) - secondsOf(a));
