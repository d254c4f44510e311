import { z } from 'zod';
import { casesProblem, sampleProblem } from '../analysis/templates/check-problem.ts';
import type { Metric } from '../api/analysis/analysis-template.ts';
import {
  type ConfigMapKey,
  type Golden,
  GoldenCase,
  PodRequest,
  type Shadow,
} from '../api/analysis/check.ts';
import { problemOf } from './pattern.ts';

/** A list of a check, or what a person must fix. */
export type CheckList<T> = { readonly list: readonly T[] } | { readonly problem: string };

/** The text under a key of a ConfigMap, or why there is none. */
export type Text = { readonly text: string } | { readonly problem: string };

/** Cases and requests in a ConfigMap. */
const [MOST_CASES, MOST_REQUESTS] = [500, 2_000];
/** Least requests to bound a p95 from both sides. */
const LEAST_FOR_LATENCY = 150;

function parseList<T>(text: string, where: string, item: z.ZodType<T>, most: number): CheckList<T> {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch (error) {
    return { problem: `${where} is no JSON: ${error instanceof Error ? error.message : ''}` };
  }
  const parsed = z.array(item).min(1).max(most).safeParse(given);
  if (parsed.success) return { list: parsed.data };
  const issues = parsed.error.issues.slice(0, 3).map(({ path, message }) => {
    const [index, ...rest] = path;
    const place = [index === undefined ? '' : `[${String(index)}]`, rest.join('.')].filter(
      (one) => one !== '',
    );
    return place.length === 0 ? message : `${place.join(' ')}: ${message}`;
  });
  return { problem: `${where}: ${issues.join('; ')}` };
}

/** The list in a template, or in the ConfigMap that it names. */
function listOf<T>(
  inline: readonly T[] | undefined,
  { configMap, text }: { readonly configMap: ConfigMapKey | undefined; readonly text: Text | null },
  item: z.ZodType<T>,
  most: number,
): CheckList<T> {
  if (configMap === undefined || text === null) return { list: inline ?? [] };
  if ('problem' in text) return text;
  return parseList(text.text, `key ${configMap.key} of ConfigMap ${configMap.name}`, item, most);
}

/** The first invalid pattern. */
function patternProblem(cases: readonly GoldenCase[]): string | null {
  for (const { name, expect } of cases)
    for (const { path, matches: pattern } of expect.fields ?? []) {
      const problem = pattern === undefined ? null : problemOf(pattern);
      if (problem !== null) return `case ${name}: field ${path}: matches: "${pattern}" ${problem}`;
    }
  return null;
}

/** The cases of a golden check; `text` comes from its ConfigMap, null if it names none. */
export function casesOf({ cases, configMap }: Golden, text: Text | null): CheckList<GoldenCase> {
  const read = listOf(cases, { configMap, text }, GoldenCase, MOST_CASES);
  if ('problem' in read) return read;
  const problem = casesProblem(read.list) ?? patternProblem(read.list);
  return problem === null ? read : { problem };
}

/** The requests of a shadow check; `text` comes from its ConfigMap, null if it names none. */
export function sampleOf(shadow: Shadow, text: Text | null): CheckList<PodRequest> {
  const { requests, configMap, maxLatencyIncrease } = shadow;
  const read = listOf(requests, { configMap, text }, PodRequest, MOST_REQUESTS);
  if ('problem' in read) return read;
  const problem = sampleProblem(read.list);
  if (problem !== null) return { problem: `requests${problem}` };
  const size = read.list.length;
  if (maxLatencyIncrease === undefined || size >= LEAST_FOR_LATENCY) return read;
  return {
    problem: `maxLatencyIncrease: the sample has ${size} requests, and a p95 needs at least ${LEAST_FOR_LATENCY} to be significant; record more, or remove maxLatencyIncrease`,
  };
}

/** The ConfigMap of a check's list; undefined if the list is in the template, or the check has no list. */
export function configMapOf({ golden, shadow }: Metric): ConfigMapKey | undefined {
  return golden?.configMap ?? shadow?.configMap;
}

/** Why the list of a check is invalid, if so. */
export function listProblem({ golden, shadow }: Metric, text: Text | null): string | null {
  if (golden !== undefined) {
    const read = casesOf(golden, text);
    return 'problem' in read ? `golden: ${read.problem}` : null;
  }
  const read = shadow === undefined ? null : sampleOf(shadow, text);
  return read !== null && 'problem' in read ? `shadow: ${read.problem}` : null;
}
