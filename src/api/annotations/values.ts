import { NAME_PATTERN } from '../meta.ts';
import { GATE_PATTERN } from '../rollout/approval.ts';
import type { HttpMatch } from '../rollout/match.ts';
import { DURATION_PATTERN, durationMs } from '../values/duration.ts';

/** What the annotations of a Deployment say, one setting a field. */
export interface Settings {
  /** Fields of `spec.traffic`, by router. */
  readonly traffic?: Readonly<Record<string, object>>;
  readonly steps?: number[] | 'auto' | 'blue-green';
  readonly rollingUpdate?: true;
  readonly match?: HttpMatch[];
  readonly mirror?: number;
  readonly sticky?: { cookie?: string };
  readonly abTest?: { weight?: number; for: string };
  readonly scaleDownDelay?: string;
  readonly bake?: string;
  readonly templates?: { kind: 'AnalysisTemplate' | 'ClusterAnalysisTemplate'; name: string }[];
  readonly args?: { name: string; value: string }[];
  readonly errors?: Bounds;
  readonly latency?: Bounds;
  readonly analysis?: Record<string, string | number>;
  readonly deadlines?: Record<string, string>;
  readonly approval?: string[];
  readonly approvalOptions?: Record<string, unknown>;
  readonly notifications?: object[];
  readonly policy?: Record<string, unknown>;
  readonly health?: Record<string, unknown>;
  readonly canary?: Record<string, unknown>;
  readonly warmUp?: Record<string, unknown>;
  readonly connect?: { weight?: number; for?: string };
}

/** A mistake in an annotation. */
export interface AnnotationProblem {
  readonly annotation: string;
  readonly message: string;
}

type Bounds = { max?: string; maxIncrease?: string };
/** A value as settings, or what is wrong with it and how to fix it. */
export type Read = { readonly settings: Settings } | { readonly problem: string };

const DURATION = new RegExp(DURATION_PATTERN);
const CLUSTER = 'ClusterAnalysisTemplate';
const SHARE = /^[0-9]+(\.[0-9]+)?%$/;
const INCREASE = /^[0-9]+(\.[0-9]+)?(pp|%)$/;

/** The parts between commas. */
export const list = (text: string): string[] => text.split(',').map((part) => part.trim());
/** That a value is not what it must be, and how to write it. */
export const not = (text: string, what: string): Read => ({ problem: `"${text}" is not ${what}` });

/** The name of an object. */
export function name(text: string, settings: Settings): Read {
  return NAME_PATTERN.test(text) && text.length <= 253
    ? { settings }
    : not(text, 'a name; write lower-case letters, digits, "-" and "."');
}

/** A span of time. */
export function duration(text: string, settings: Settings): Read {
  return DURATION.test(text) ? { settings } : not(text, 'a duration; write it like 30s, 5m or 1h30m');
}

/** A whole number from `least` to `most`. */
export function count(text: string, most: number, settings: (value: number) => Settings, least = 1): Read {
  const value = Number(text);
  return /^[0-9]+$/.test(text) && value >= least && value <= most
    ? { settings: settings(value) }
    : not(text, `a whole number from ${least} to ${most}`);
}

/** One of a few words. */
export function choice(text: string, choices: readonly string[], settings: Settings): Read {
  return choices.includes(text)
    ? { settings }
    : not(text, `one of ${choices.map((one) => `"${one}"`).join(', ')}`);
}

/** Bound of the share of failed requests. */
export function share(text: string): Read {
  const value = Number.parseFloat(text);
  return SHARE.test(text) && value > 0 && value < 100
    ? { settings: { errors: { max: text } } }
    : not(text, 'a share of requests; write percent above 0 and below 100, such as 1% or 0.5%');
}

/** Bound of the latency. */
export function latency(text: string): Read {
  return DURATION.test(text) && durationMs(text) > 0
    ? { settings: { latency: { max: text } } }
    : not(text, 'a duration above 0; write it like 250ms or 2s');
}

/** How much worse than stable the canary may be. */
export function increase(text: string, settings: Settings): Read {
  return INCREASE.test(text)
    ? { settings }
    : not(text, 'an increase; write percentage points such as 1pp, or percent of stable such as 20%');
}

/** Weights of the steps, or `auto`. */
export function steps(text: string): Read {
  if (text === 'auto' || text === 'blue-green') return { settings: { steps: text } };
  const weights = list(text).map((part) => part.replace(/%$/, ''));
  const good = weights.every((weight) => /^([1-9][0-9]?|100)$/.test(weight));
  if (!good || weights.length > 20) {
    return not(
      text,
      'a list of steps; write up to 20 weights from 1 to 100, such as "10,25,50", "auto", or "blue-green"',
    );
  }
  const numbers = weights.map(Number);
  const ascending = numbers.every((weight, index) => index === 0 || weight > (numbers[index - 1] ?? 0));
  return ascending
    ? { settings: { steps: numbers } }
    : not(text, `ascending; write "${[...new Set(numbers)].toSorted((a, b) => a - b).join(',')}"`);
}

/** Analysis templates. */
export function templates(text: string): Read {
  const references = list(text).map((part) => part.split('/'));
  const wrong = references.some(([first = '', second, ...more]) => {
    const kindOk = second === undefined || /^(Cluster)?AnalysisTemplate$/.test(first);
    return !kindOk || more.length > 0 || !NAME_PATTERN.test(second ?? first);
  });
  if (wrong || references.length > 16) {
    return not(
      text,
      'a list of templates; write "NAME" for a ClusterAnalysisTemplate, "AnalysisTemplate/NAME" for one of the namespace',
    );
  }
  const read = references.map(([first = '', second]) => {
    const kind = second === undefined || first !== 'AnalysisTemplate' ? CLUSTER : first;
    return { kind, name: second ?? first } as const;
  });
  return { settings: { templates: read } };
}

/** Arguments of analysis templates. */
export function args(text: string): Read {
  const pairs = list(text).map((part) => /^([^=]{1,63})=(.*)$/.exec(part));
  if (pairs.length > 32 || pairs.includes(null)) {
    return not(text, 'a list of arguments; write "name=value,name=value"');
  }
  return { settings: { args: pairs.map((pair) => ({ name: pair?.[1] ?? '', value: pair?.[2] ?? '' })) } };
}

/** Gates at which a person must approve. */
export function approval(text: string): Read {
  const gates = list(text).map((part) => part.replace(/%$/, ''));
  return gates.every((gate) => GATE_PATTERN.test(gate)) && gates.length <= 24
    ? { settings: { approval: gates } }
    : not(
        text,
        'a list of gates; write "start", "promotion", weights of steps or "switch", such as "50,promotion"',
      );
}

/** Whether the workload is under the gate. */
export const optIn = (text: string): Read =>
  text === 'true' || text === 'off'
    ? { settings: {} }
    : not(text, '"true" or "off"; write "true" to opt in, or "off" to opt out');
