import { countText, percentText } from '../analysis/verdict/number-text.ts';
import { formatDuration } from '../api/values/duration.ts';
import { decisionPlot, periodPlot, pointsText, powerPlot } from './plots.ts';
import type { ReplayReport } from './replay.ts';
import { escapeText } from './svg.ts';

const STYLE = `
:root { color-scheme: light dark; --ink: #1c2430; --dim: #667085; --line: #e3e6eb; --paper: #fff; --card: #f7f8fa;
  --s0: #2f6fde; --s1: #d9730d; --s2: #1f9d6b; --s3: #9b51c9; --bad: #d23f3f; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ef; --dim: #98a2b3; --line: #2c333f; --paper: #12161d;
  --card: #1a2029; --s0: #6ea0ff; --s1: #f2a65a; --s2: #4cc38f; --s3: #c38be8; --bad: #ff7b7b; } }
body { margin: 0 auto; max-width: 1000px; padding: 32px 24px 64px; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 24px; margin: 0 0 4px; } h2 { font-size: 17px; margin: 36px 0 4px; }
p { margin: 4px 0 12px; color: var(--dim); max-width: 75ch; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(200px, 1fr)); gap: 12px; margin: 20px 0; }
.tile { background: var(--card); border-radius: 8px; padding: 14px 16px; }
.tile b { display: block; font-size: 26px; line-height: 1.3; } .tile b.bad { color: var(--bad); }
.tile span { color: var(--dim); font-size: 13px; display: block; }
svg { width: 100%; height: auto; display: block; margin: 8px 0 20px; }
svg text { fill: var(--dim); font-size: 10.5px; }
.grid { stroke: var(--line); } .bars { fill: var(--s0); } .badBars { fill: var(--bad); }
.limit { stroke: var(--dim); stroke-dasharray: 5 4; fill: none; }
${[0, 1, 2, 3].map((n) => `.l${n} { stroke: var(--s${n}); fill: none; stroke-width: 2; } .w${n} { stroke: var(--s${n}); opacity: .45; } .d${n} { fill: var(--s${n}); }`).join('\n')}
.legend { display: flex; flex-wrap: wrap; gap: 18px; font-size: 13px; color: var(--dim); margin: 4px 0 8px; }
.legend i { display: inline-block; width: 11px; height: 11px; border-radius: 3px; margin-right: 6px; }
table { border-collapse: collapse; width: 100%; font-size: 14px; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 6px 12px 6px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--dim); font-weight: 500; white-space: nowrap; } .wide { overflow-x: auto; }
code { font-size: 13px; }
`;

const seconds = (value: number | null): string => (value === null ? '–' : formatDuration(value * 1_000));
const day = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace('T', ' ');

function tile(value: string, text: string, isBad = false): string {
  return `<div class="tile"><span>${escapeText(text.split('|')[0] ?? '')}</span><b${isBad ? ' class="bad"' : ''}>${escapeText(value)}</b><span>${escapeText(text.split('|')[1] ?? '')}</span></div>`;
}

function tiles(report: ReplayReport): string {
  const { falseAborts, allowed, medianSeconds, p90Seconds, sensitivity } = report;
  const { share, low, high, hits, trials } = falseAborts;
  return `<div class="tiles">${[
    tile(
      percentText(share),
      `False aborts|${hits} of ${countText(trials)}; 95 % sure: ${percentText(low)} to ${percentText(high)}; allowed ${percentText(allowed)}`,
      low > allowed,
    ),
    tile(
      seconds(medianSeconds),
      `Time to promotion (median)|9 of 10 within ${seconds(p90Seconds)}; ${report.promoted} promoted, ${report.undecided} undecided`,
    ),
    ...sensitivity.map(({ metric, smallest }) =>
      tile(
        smallest === null ? 'none' : pointsText(smallest),
        `Smallest fault found: ${metric}|more of its requests going bad, found in 8 of 10 releases`,
        smallest === null,
      ),
    ),
  ].join('')}</div>`;
}

function legend(names: readonly string[]): string {
  const items = names.map(
    (name, at) => `<span><i style="background:var(--s${at % 4})"></i>${escapeText(name)}</span>`,
  );
  return `<div class="legend">${items.join('')}</div>`;
}

const cells = (tag: string, texts: readonly string[]): string =>
  `<tr>${texts.map((text) => `<${tag}>${escapeText(text)}</${tag}>`).join('')}</tr>`;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return `<div class="wide"><table><thead>${cells('th', head)}</thead><tbody>${rows.map((row) => cells('td', row)).join('')}</tbody></table></div>`;
}

function powerTable({ sensitivity }: ReplayReport): string {
  const extras = sensitivity[0]?.levels.map(({ extra }) => extra) ?? [];
  const rows = extras.map((extra) => [
    pointsText(extra),
    ...sensitivity.map(({ levels }) => {
      const level = levels.find((one) => one.extra === extra);
      if (level === undefined) return '–';
      const { found, medianSeconds } = level;
      const after = medianSeconds === null ? '' : `, in the median after ${seconds(medianSeconds)}`;
      return `${percentText(found.share)} (${percentText(found.low)} to ${percentText(found.high)})${after}`;
    }),
  ]);
  return table(['More of its requests bad', ...sensitivity.map(({ metric }) => metric)], rows);
}

function falseAbortTable({ falseAbortsBy }: ReplayReport): string {
  if (falseAbortsBy.length === 0) return '';
  const rows = falseAbortsBy.map(({ metric, count, example }) => [metric, String(count), example]);
  return table(['Metric', 'False aborts', 'Such as'], rows);
}

function section(title: string, text: string, ...content: readonly string[]): string {
  return `<h2>${escapeText(title)}</h2><p>${escapeText(text)}</p>${content.join('')}`;
}

function footer(report: ReplayReport): string {
  const { split, seed, empty, leftOut } = report;
  const missing = leftOut.map(({ metric, why }) => `Left out: ${metric}: ${why}.`).join(' ');
  const text = `Pods of the version that served were split into two arms at random (by ${split}), and requests thinned at random so that the canary has the weight of its step. Periods: ${report.periods.length} of ${seconds(report.forSeconds)}; ${empty} more had no version that served all along, or no requests. Seed ${seed}. Approvals, loading, steps with a match and the promotion itself are not in the times. ${missing}`;
  return section('How this was made', text);
}

/** The report as one self-contained HTML page. */
export function replayPage(report: ReplayReport): string {
  const { rollout, namespace, fromMs, toMs, sensitivity, windowSeconds } = report;
  const title = `Replay of ${namespace}/${rollout}`;
  const body = [
    `<h1>${escapeText(title)}</h1>`,
    `<p>What its policy would have done from ${day(fromMs)} to ${day(toMs)} UTC with releases that are as good as stable, since they are stable; windows of ${seconds(windowSeconds)}.</p>`,
    tiles(report),
    section(
      'What it can see',
      'Share of releases that are rolled back, over how many of the canary’s requests go bad that were well. Lines up and down are 95 % intervals; dashed are the 8 of 10 releases that count as found.',
      legend(sensitivity.map(({ metric }) => metric)),
      powerPlot(report),
      powerTable(report),
    ),
    section(
      'How long a release takes',
      'Releases by the time from their first weight to the promotion.',
      decisionPlot(report),
    ),
    section(
      'The past',
      'Requests a second of the version that served, period by period. Red are periods in which releases were falsely aborted.',
      periodPlot(report),
      falseAbortTable(report),
    ),
    footer(report),
  ];
  return `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escapeText(title)}</title><style>${STYLE}</style></head><body>${body.join('\n')}</body></html>\n`;
}
