import { stripVTControlCharacters, styleText } from 'node:util';
import type { ReleaseStatus } from '../../src/api/release/release.ts';
import type { Traffic } from './traffic.ts';

/** The displayed state of a release at one moment. */
export interface Moment {
  readonly title: string;
  readonly seconds: number;
  readonly status: ReleaseStatus | undefined;
  /** Requests since the push. */
  readonly traffic: Traffic;
}

const MARK = { pass: '✓', fail: '✗', inconclusive: '·', noData: '?', providerError: '!' } as const;
const COLOUR = {
  pass: 'green',
  fail: 'red',
  inconclusive: 'yellow',
  noData: 'yellow',
  providerError: 'yellow',
} as const;
const BAR = 40;

function bar(weight: number): string {
  const canary = Math.round((BAR * weight) / 100);
  return `${styleText('cyan', '█'.repeat(canary))}${'░'.repeat(BAR - canary)} ${weight} % canary`;
}

function phaseLine({ status, seconds }: Moment): string {
  const { phase = 'Pending', stage, stepText = '', readyReplicas = 0, replicas = 0 } = status ?? {};
  const place = stage === undefined ? phase : `${phase} (${stage})`;
  return `${styleText('bold', place)}  at ${stepText}  canary pods ${readyReplicas}/${replicas}  ${Math.round(seconds)} s`;
}

function verdictLines({ status }: Moment): string[] {
  return (status?.analysis?.metrics ?? []).map(({ verdict, message }) => {
    return `  ${styleText(COLOUR[verdict], MARK[verdict])} ${message}`;
  });
}

function trafficLine({ traffic }: Moment): string {
  const byVersion = [...traffic.versions].map(([version, { answered, failed, slow }]) => {
    const faults = [failed > 0 ? `${failed} failed` : '', slow > 0 ? `${slow} slow` : ''].filter(Boolean);
    return `${version} ${answered}${faults.length > 0 ? ` (${faults.join(', ')})` : ''}`;
  });
  return `  requests: ${byVersion.join('  ')}${traffic.unanswered > 0 ? `  unanswered ${traffic.unanswered}` : ''}`;
}

/** The moment as lines of at most `width` columns. */
export function momentLines(moment: Moment, width: number): string[] {
  const lines = [
    styleText('bold', moment.title),
    `  ${phaseLine(moment)}`,
    `  ${bar(moment.status?.weight ?? 0)}`,
    ...verdictLines(moment),
    trafficLine(moment),
  ];
  return lines.map((line) => (stripVTControlCharacters(line).length <= width ? line : clip(line, width)));
}

function clip(line: string, width: number): string {
  return `${stripVTControlCharacters(line).slice(0, Math.max(0, width - 1))}…`;
}

/** Shows moments: redrawn in place on a terminal, elsewhere a line for each change of phase, stage or weight. */
export interface View {
  show(moment: Moment): void;
  /** Leaves the last moment standing. */
  leave(): void;
}

/** A view on a stream. */
export function createView(stream: NodeJS.WriteStream): View {
  return stream.isTTY ? liveView(stream) : lineView(stream);
}

function liveView(stream: NodeJS.WriteStream): View {
  let drawn = 0;
  return {
    show(moment) {
      const lines = momentLines(moment, stream.columns);
      const up = drawn > 0 ? `\u001b[${drawn}A` : '';
      stream.write(`${up}${lines.map((line) => `\u001b[2K${line}\n`).join('')}\u001b[0J`);
      drawn = lines.length;
    },
    leave: () => {
      drawn = 0;
      stream.write('\n');
    },
  };
}

function lineView(stream: NodeJS.WriteStream): View {
  let last = '';
  return {
    show(moment) {
      const { phase = 'Pending', stage = '', weight = 0, verdict = '' } = moment.status ?? {};
      const place = `${phase}${stage === '' ? '' : `.${stage}`} ${weight} % ${verdict}`;
      if (place === last) return;
      last = place;
      const numbers = (moment.status?.analysis?.metrics ?? []).map(({ message }) => message).join('; ');
      stream.write(`  ${Math.round(moment.seconds).toString().padStart(3)} s  ${place}  ${numbers}\n`);
    },
    leave: () => {
      last = '';
    },
  };
}
