import { useEffect, useRef, useState } from 'preact/hooks';
import type { FleetRow } from '../../api/fleet.ts';
import { Ago } from '../parts/time.tsx';
import { WeightBar } from '../parts/weight.tsx';
import { go, pathTo } from '../route.ts';

/** Height of a row in pixels, as in the style sheet. */
const ROW = 44;
/** Rows that are drawn beyond the visible ones, on either side. */
const MORE = 8;

/** The visible part of a list of rows of equal height. */
function useWindow(count: number) {
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 800 });
  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const change = (): void => setView({ top: element.scrollTop, height: element.clientHeight });
    change();
    element.addEventListener('scroll', change, { passive: true });
    const sizes = new ResizeObserver(change);
    sizes.observe(element);
    return () => {
      element.removeEventListener('scroll', change);
      sizes.disconnect();
    };
  }, []);
  const first = Math.max(0, Math.floor(view.top / ROW) - MORE);
  const last = Math.min(count, Math.ceil((view.top + view.height) / ROW) + MORE);
  return { box, first, last };
}

function lastText({ last }: FleetRow): string {
  return last === null ? '' : `${last.outcome} (${last.reason})`;
}

function Row({ row, now, at }: { readonly row: FleetRow; readonly now: number; readonly at: number }) {
  const { namespace, name, gate } = row;
  const path = pathTo('rollouts', namespace, name);
  const open = (event: MouseEvent): void => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go(path);
  };
  return (
    <div class="row" role="row" aria-rowindex={at + 2} style={{ top: `${at * ROW}px` }}>
      <span role="cell" class="name">
        <a href={path} onClick={open}>
          <span class="faint">{namespace}/</span>
          {name}
        </a>
      </span>
      <span role="cell" class={`tone-${row.tone}`}>
        {row.place}
      </span>
      <span role="cell">
        <WeightBar weight={row.weight} />
      </span>
      <span role="cell">{row.verdict ?? <span class="faint">–</span>}</span>
      <span role="cell" class="summary" title={row.summary}>
        {gate === null
          ? row.summary
          : `waits for approval of "${gate.name}" (${gate.given} of ${gate.quorum})`}
      </span>
      <span role="cell">
        <Ago at={row.since} now={now} />
      </span>
      <span role="cell" class="faint last">
        {lastText(row)}
      </span>
    </div>
  );
}

const HEADS = ['Rollout', 'Place', 'Weight', 'Verdict', 'State', 'Since', 'Last outcome'];

/** The rows; only those in view are in the document, so that thousands scroll smoothly. */
export function FleetTable({ rows, now }: { readonly rows: readonly FleetRow[]; readonly now: number }) {
  const { box, first, last } = useWindow(rows.length);
  if (rows.length === 0) return <p class="faint">There is no Rollout to show.</p>;
  return (
    <div class="table" role="table" aria-label="Rollouts" aria-rowcount={rows.length + 1}>
      <div class="row heads" role="row" aria-rowindex={1}>
        {HEADS.map((head) => (
          <span key={head} role="columnheader">
            {head}
          </span>
        ))}
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard */}
      <div class="rows" role="rowgroup" ref={box} tabIndex={0}>
        <div class="space" role="presentation" style={{ height: `${rows.length * ROW}px` }}>
          {rows.slice(first, last).map((row, at) => (
            <Row key={row.key} row={row} now={now} at={first + at} />
          ))}
        </div>
      </div>
    </div>
  );
}
