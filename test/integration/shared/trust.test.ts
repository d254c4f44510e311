import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, inject, it } from 'vitest';
import { attempt, type Outcome } from '../../../hack/cluster/process/command.ts';
import { MODEL, quickRollout } from '../../../hack/testbed/model.ts';
import { onSite, type Site } from '../../../hack/testbed/site.ts';
import { until } from '../../../hack/testbed/until.ts';
import type { Track } from '../../../src/analysis/verdict/track.ts';
import { API_VERSION } from '../../../src/api/meta.ts';
import type { Finding } from '../../../src/cli/commands/prepare/preflight.ts';
import type { Plan } from '../../../src/replay/plan.ts';
import type { ReplayReport } from '../../../src/replay/replay.ts';

const access = inject('access');
const program = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));
const RATE = 80;

type Sluice = (...args: readonly string[]) => Promise<Outcome>;

/** The command line in the namespace of a site; `ask` gives it the way to Prometheus, too. */
function sluiceOn({ namespace }: Site): { readonly plain: Sluice; readonly ask: Sluice } {
  const where = ['--namespace', namespace, '--kubeconfig', access.kubeconfig];
  const env = { ...process.env, COLUMNS: '100', NO_COLOR: '1' };
  const plain: Sluice = (...args) =>
    attempt(process.execPath, [program, ...args, ...where], { env, timeoutMs: 120_000 });
  return { plain, ask: (...args) => plain(...args, '--prometheus-url', access.prometheusUrl) };
}

/** A number that stands for itself, which a replay takes as it was. */
const NUMBERS = {
  apiVersion: API_VERSION,
  kind: 'AnalysisTemplate',
  metadata: { name: 'numbers' },
  spec: {
    metrics: [
      {
        name: 'series',
        max: '1000',
        value: { query: 'count(http_requests_total{namespace="{{namespace}}",pod=~"{{pods}}"})' },
      },
    ],
  },
};

/** What a command wrote as JSON. */
function jsonOf({ stdout, stderr }: Outcome): unknown {
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout);
}

describe.concurrent('trust in a policy', () => {
  it('comes from preflight, plan and replay on the real Prometheus, and from what a release has seen', async () => {
    await onSite(access, { replicas: 3, rate: RATE }, async (site) => {
      const { api } = site;
      const { plain, ask } = sluiceOn(site);
      const rollout = `rollout/${MODEL}`;
      await api.create(NUMBERS);
      const { spec, ...made } = quickRollout(MODEL);
      const { analysis } = spec as { analysis: { templates: object[] } };
      const templates = [...analysis.templates, { kind: 'AnalysisTemplate', name: 'numbers' }];
      await api.create({ ...made, spec: { ...(spec as object), analysis: { ...analysis, templates } } });
      await site.untilGated();

      const ready = await until('preflight finds nothing wrong', async () => {
        const answer = await ask('preflight', rollout, '-o', 'json');
        return answer.code === 0 ? (jsonOf(answer) as Finding[]) : null;
      });
      expect(ready.map(({ about, state }) => [about, state])).toEqual([
        ['workload and routes', 'ok'],
        ['canary pods', 'ok'],
        ['metric errors', 'ok'],
        ['metric latency', 'ok'],
        ['metric series', 'ok'],
      ]);

      // Plan and replay need something to look back at.
      const plan = await until('the traffic can be counted', async () => {
        const found = jsonOf(await ask('plan', rollout, '--over', '10s', '-o', 'json')) as Plan;
        return found.traffic.every(({ perSecond }) => (perSecond ?? 0) > RATE / 2) ? found : null;
      });
      for (const { perSecond } of plan.traffic) expect(perSecond).toBeLessThan(RATE * 2);
      expect(plan.steps).toMatchObject([
        { weight: 25, pods: 1, problem: null },
        { weight: 50, pods: 2, problem: null },
      ]);
      expect(plan.totalMs).toBeGreaterThan(5_000);

      const page = join(access.dir, `${site.namespace}.html`);
      const flags = ['--since', '60s', '--for', '30s', '--runs', '20', '--fault-runs', '10', '--html', page];
      const report = await until(
        'there is a minute with requests to replay',
        async () => {
          const found = jsonOf(await ask('replay', rollout, ...flags, '-o', 'json')) as ReplayReport;
          return found.undecided === 0 ? found : null;
        },
        { within: 120_000, every: 5_000 },
      );
      expect(report).toMatchObject({ split: 'pods', windowSeconds: 2, leftOut: [] });
      expect(report.falseAborts).toMatchObject({ hits: 0, trials: 20 });
      expect(report.promoted).toBe(20);
      for (const { levels } of report.sensitivity) expect(levels.at(-1)?.found.share).toBe(1);
      expect(await readFile(page, 'utf8')).toContain(`Replay of ${site.namespace}/${MODEL}`);
      const words = await ask('replay', rollout, ...flags.slice(0, -2));
      expect(words).toMatchObject({ code: 0, stdout: expect.stringContaining('False aborts') });

      const v2 = await site.push('v2', { ERROR_SHARE: '0.9' });
      const ended = await site.untilEnded(v2);
      const name = `release/${ended.metadata.name}`;
      const explained = jsonOf(await plain('explain', name, '-o', 'json')) as {
        metrics: { tracks: Track[] }[];
      };
      const tracks = explained.metrics.flatMap((metric) => metric.tracks);
      expect(tracks.map(({ against }) => against)).toEqual(['stable and bound', 'stable', 'bound']);
      const last = tracks[0]?.points.at(-1);
      expect(last?.verdict).toBe('fail');
      expect(last?.canary).toBeGreaterThan(0.5);
      expect(last?.low).toBeGreaterThan(last?.limit ?? 1);
      const { stdout } = await plain('explain', name);
      expect(stdout).toContain('Share of bad requests, against stable and the bound');
      expect(stdout).toMatch(/●.*\n/);
    });
  });

  it('is refused by preflight with the fix, where the bound is at no bucket edge or a series is missing', async () => {
    await onSite(access, { rate: 20 }, async (site) => {
      const { ask } = sluiceOn(site);
      await site.api.create(
        quickRollout(MODEL, {
          analysis: {
            templates: [{ name: 'http-generic' }],
            bounds: [{ name: 'latency', max: '47m' }],
            interval: '2s',
          },
        }),
      );
      const answer = await until('the series are scraped', async () => {
        const found = await ask('preflight', `rollout/${MODEL}`);
        return found.stdout.includes('NoBucketEdge') ? found : null;
      });
      expect(answer.code).toBe(1);
      expect(answer.stdout.replaceAll(/\s+/g, ' ')).toContain('no bucket edge near max 47m');

      const unreachable = await sluiceOn(site).plain(
        'preflight',
        MODEL,
        '--prometheus-url',
        'http://127.0.0.1:9',
      );
      expect(unreachable.code).toBe(1);
      expect(unreachable.stdout).toContain('MetricsUnreachable');
    });
  });

  it('has a dashboard whose every query Prometheus understands', async () => {
    const file = new URL('../../../manifests/dashboards/sluice.json', import.meta.url);
    const { panels } = JSON.parse(await readFile(file, 'utf8')) as {
      panels: { targets?: { expr: string }[] }[];
    };
    const values: Readonly<Record<string, string>> = {
      nslabel: 'namespace',
      namespace: '.*',
      rollout: '.*',
      __range: '1h',
      __rate_interval: '1m',
    };
    for (const { expr } of panels.flatMap(({ targets = [] }) => targets)) {
      const query = expr.replaceAll(/\$(\w+)/g, (_, name: string) => values[name] ?? '');
      const body = new URLSearchParams({ query });
      const answer = await fetch(`${access.prometheusUrl}/api/v1/query`, { method: 'POST', body });
      expect([query, answer.status]).toEqual([query, 200]);
    }
  });
});
