import { SWITCH } from '../rollout/blue-green.ts';
import { HttpMatches } from '../rollout/match.ts';
import { DEFAULT_WEIGHTS } from '../rollout/steps.ts';
import { Sticky } from '../rollout/sticky.ts';
import { DURATION_PATTERN } from '../values/duration.ts';
import { type AnnotationProblem, list, not, type Read, type Settings } from './values.ts';

/** The value of `steps` for all traffic in one step. */
export const BLUE_GREEN = 'blue-green';

const MATCH = /^(header|cookie):([^=\s]+)=(.+)$/;
const HOST = /^host:(\S+)$/;

/** Requests that the canary gets before the weights. */
export function match(text: string): Read {
  const entries = list(text).map((part) => {
    const [, host] = HOST.exec(part) ?? [];
    if (host !== undefined) return { host };
    const [, kind, name = '', exact] = MATCH.exec(part) ?? [];
    return kind === 'cookie' ? { cookies: { [name]: { exact } } } : { headers: { [name]: { exact } } };
  });
  const read = HttpMatches.safeParse(entries);
  return read.success
    ? { settings: { match: read.data } }
    : not(
        text,
        'a list of headers and cookies with their values, and hosts; write "header:x-tester=yes", "cookie:beta=1", "host:preview.example.com", or several separated by commas (prefixes, expressions and several conditions at once need a Rollout)',
      );
}

/** Whether clients stay with their version, by which cookie. */
export function sticky(text: string): Read {
  if (text === 'true') return { settings: { sticky: {} } };
  return Sticky.shape.cookie.safeParse(text).success && text !== 'false'
    ? { settings: { sticky: { cookie: text } } }
    : not(text, '"true" or the name of a cookie; write it like sluice-version, or take it away');
}

const DURATION = new RegExp(DURATION_PATTERN);

/** An A/B test: its weight and how long it takes. */
export function abTest(text: string): Read {
  const [time = '', weight, ...more] = list(text).toReversed();
  const part = weight?.replace(/%$/, '');
  const good = DURATION.test(time) && (part === undefined || /^[1-9][0-9]?$/.test(part)) && more.length === 0;
  if (!good)
    return not(text, 'a weight from 1 to 99 and a duration; write it like "50,24h", or, with a match, "24h"');
  return { settings: { abTest: { ...(part === undefined ? {} : { weight: Number(part) }), for: time } } };
}

/** The field of a policy for its pace. */
export function paceOf({ rollingUpdate, steps: given, bake, scaleDownDelay, ...chosen }: Settings): object {
  const { match: entries, mirror, abTest: test } = chosen;
  const matched = entries === undefined ? {} : { match: entries };
  if (test !== undefined) return { abTest: { ...test, ...matched } };
  if (given === BLUE_GREEN)
    return {
      blueGreen: {
        ...(entries === undefined ? {} : { preview: matched }),
        ...(scaleDownDelay === undefined ? {} : { scaleDownDelay }),
      },
    };
  const baked = bake === undefined ? {} : { bake };
  if (rollingUpdate !== undefined && given === undefined) return { rollingUpdate: baked };
  const steps = given ?? DEFAULT_WEIGHTS;
  if (steps === 'auto') return { autoSteps: baked };
  const before = [...(mirror === undefined ? [] : [{ mirror }]), ...(entries === undefined ? [] : [matched])];
  return { steps: [...before, ...steps.map((weight) => ({ weight }))].map((one) => ({ ...one, ...baked })) };
}

/** The field of a policy for clients that stay with their version. */
export function stickyOf({ sticky: given }: Settings): object {
  return given === undefined ? {} : { sticky: given };
}

/** Gates of the pace, beside start and promotion. */
export function ownGates(settings: Settings): readonly string[] {
  const { rollingUpdate, steps = DEFAULT_WEIGHTS, match: entries, mirror, abTest: test } = settings;
  if (test !== undefined) return [test.weight === undefined ? 'match' : String(test.weight)];
  if (steps === BLUE_GREEN) return [SWITCH];
  if (steps === 'auto' || rollingUpdate !== undefined) return [];
  const before = [...(mirror === undefined ? [] : ['mirror']), ...(entries === undefined ? [] : ['match'])];
  return [...before, ...steps.map(String)];
}

const strange = (suffix: string, message: string): AnnotationProblem => ({
  annotation: `sluice.dev/${suffix}`,
  message,
});

/** Times that belong to another strategy than that of the annotations. */
function timeProblems({ steps, bake, scaleDownDelay, abTest: test }: Settings): AnnotationProblem[] {
  const isBlueGreen = steps === BLUE_GREEN;
  if (isBlueGreen && bake !== undefined)
    return [strange('bake', `is for weights; with sluice.dev/steps: ${BLUE_GREEN} write scale-down-delay`)];
  if (test !== undefined && bake !== undefined)
    return [strange('bake', 'is for weights; the time of an A/B test stands in sluice.dev/ab-test')];
  return scaleDownDelay === undefined || isBlueGreen
    ? []
    : [strange('scale-down-delay', `needs sluice.dev/steps: ${BLUE_GREEN}; write bake for weights`)];
}

/** A rolling update has neither steps nor a router. */
function updateProblems({ rollingUpdate, steps, traffic }: Settings): AnnotationProblem[] {
  if (rollingUpdate === undefined || (steps === undefined && traffic === undefined)) return [];
  const what =
    steps === undefined
      ? 'router: take away the annotations that name one'
      : 'steps: take away sluice.dev/steps';
  return [strange('rolling-update', `has no ${what}, or this one`)];
}

/** What the annotations have beside an A/B test that is another pace. */
function testProblems({ abTest: test, steps, rollingUpdate, match: entries }: Settings): AnnotationProblem[] {
  if (test === undefined) return [];
  if (steps !== undefined || rollingUpdate !== undefined) {
    const other = steps === undefined ? 'rolling-update' : 'steps';
    return [strange('ab-test', `is in place of sluice.dev/${other}: take one of them away`)];
  }
  return (test.weight === undefined) === (entries === undefined)
    ? [strange('ab-test', 'needs either a weight ("50,24h") or sluice.dev/match: write one of them')]
    : [];
}

/** Matches, mirrors and cookies, for which the pace has no place. */
function placeProblems(settings: Settings): AnnotationProblem[] {
  const { steps, rollingUpdate, abTest: test, match: entries, mirror, sticky: stays } = settings;
  const isUpdate = rollingUpdate !== undefined;
  const other = isUpdate ? 'rolling-update' : test === undefined ? `steps: ${String(steps)}` : 'ab-test';
  const none = (suffix: string): AnnotationProblem =>
    strange(suffix, `has no place beside sluice.dev/${other}: take one of them away`);
  const hasNone = isUpdate || steps === 'auto';
  return [
    ...(entries !== undefined && hasNone ? [none('match')] : []),
    ...(mirror !== undefined && (hasNone || steps === BLUE_GREEN || test !== undefined)
      ? [none('mirror')]
      : []),
    ...(stays !== undefined && isUpdate ? [none('sticky')] : []),
  ];
}

/** Annotations about the pace that do not go together. */
export function paceProblems(settings: Settings): AnnotationProblem[] {
  return [timeProblems, updateProblems, testProblems, placeProblems].flatMap((check) => check(settings));
}
