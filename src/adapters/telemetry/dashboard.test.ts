import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createMetrics } from './metrics.ts';
import { createPeopleMetrics } from './people-metrics.ts';

interface Panel {
  readonly title: string;
  readonly type: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string }[];
}
interface Dashboard {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly query: unknown }[] };
}

const FILE = new URL('../../../manifests/dashboards/sluice.json', import.meta.url);
const { panels, templating } = JSON.parse(readFileSync(FILE, 'utf8')) as Dashboard;

/** Labels that Prometheus and Grafana add to those of the metrics. */
const OTHERS = ['instance', 'le', 'namespace'];

async function exported(): Promise<ReadonlyMap<string, readonly string[]>> {
  const metrics = createMetrics('1.0.0');
  metrics.queue();
  createPeopleMetrics(metrics.registry);
  metrics.follow({
    depth: () => ({ waiting: 0, active: 0, timed: 0 }),
    staleWatches: () => 0,
    weights: () => [],
    superseded: () => [],
    shares: () => [],
  });
  const found = new Map<string, readonly string[]>();
  for (const metric of metrics.registry.getMetricsAsArray()) {
    const { name, labelNames = [] } = metric as unknown as { name: string; labelNames?: string[] };
    found.set(name, labelNames);
    for (const suffix of ['_bucket', '_sum', '_count']) found.set(`${name}${suffix}`, labelNames);
  }
  return found;
}

const queries = [
  ...panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
  ...templating.list.flatMap(({ query }) => {
    const { query: text } = query as { query?: string };
    return text === undefined ? [] : [text];
  }),
].map((text) => text.replaceAll('$nslabel', 'namespace'));

describe('the dashboard', () => {
  it('has a query in every panel that is no heading', () => {
    const empty = panels.filter(({ type, targets }) => type !== 'row' && !targets?.length);
    expect(empty).toEqual([]);
    expect(queries.length).toBeGreaterThan(20);
  });

  it.each(queries)('asks for metrics and labels that the controller exports: %s', async (query) => {
    const known = await exported();
    const names = query.match(/\b(sluice|process|nodejs)_\w+/g) ?? [];
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => !known.has(name))).toEqual([]);
    const labels = [
      ...[...query.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/,\s*/)),
      ...[...query.matchAll(/[{,]\s*(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']) => label),
    ];
    const all = [...OTHERS, ...names.flatMap((name) => known.get(name) ?? [])];
    expect(labels.filter((label) => !all.includes(label))).toEqual([]);
  });

  it('shows every metric of our own', async () => {
    const metrics = [...(await exported()).keys()].filter(
      (name) => name.startsWith('sluice_') && !/_(bucket|sum|count)$/.test(name),
    );
    expect(metrics.filter((name) => !queries.some((query) => query.includes(name)))).toEqual([]);
  });

  it('has panels that do not lie on each other', () => {
    const taken = new Set<string>();
    for (const { gridPos } of panels) {
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect([x < 24, taken.has(`${x} ${y}`)]).toEqual([true, false]);
          taken.add(`${x} ${y}`);
        }
    }
  });
});
