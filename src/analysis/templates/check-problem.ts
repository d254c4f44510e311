import type { Metric } from '../../api/analysis/analysis-template.ts';
import type { ExpectedField, Golden, GoldenCase, PodRequest, Shadow } from '../../api/analysis/check.ts';
import { parseTolerance } from '../verdict/json-value.ts';
import { parseIncrease, parseShare } from '../verdict/margin.ts';

const TOLERANCE = 'must be a number such as 0.01, or relative such as 1%';
const SHARE = 'must be a share from 0% to 100%, such as 98%';

function toleranceProblem(text: string | undefined): string | null {
  return text === undefined || parseTolerance(text) !== null ? null : `tolerance: "${text}" ${TOLERANCE}`;
}

/** Why a request is invalid, if so. */
function requestProblem({ path, headers = {} }: PodRequest): string | null {
  if (!/^\/[!-~]*$/.test(path)) return `path: "${path}" must be a path: write it like /v1/predict`;
  const name = Object.keys(headers).find((one) => !/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(one));
  if (name !== undefined) return `headers: "${name}" is no name of a header`;
  const [wrong] = Object.entries(headers).find(([, value]) => !/^[ -~\t]*$/.test(value)) ?? [];
  return wrong === undefined ? null : `headers: the value of ${wrong} must be printable ASCII`;
}

function fieldProblem({ equals, near, tolerance, matches, oneOf }: ExpectedField): string | null {
  const given = [equals, near, matches, oneOf].filter((one) => one !== undefined).length;
  if (given !== 1) return 'must have exactly one of equals, near, matches and oneOf';
  if (near !== undefined && tolerance === undefined)
    return 'near needs a tolerance: a number such as 0.01, or relative such as 1%';
  return toleranceProblem(tolerance);
}

/** Why a case is invalid, with the field; else null. */
function caseProblem({ request, expect }: GoldenCase): string | null {
  const sent = requestProblem(request);
  if (sent !== null) return `request.${sent}`;
  for (const [index, field] of (expect.fields ?? []).entries()) {
    const found = fieldProblem(field);
    if (found !== null) return `expect.fields[${index}] (${field.path}): ${found}`;
  }
  return null;
}

/** Why a list of cases is invalid: the first wrong case, or a duplicate name. */
export function casesProblem(cases: readonly GoldenCase[]): string | null {
  const names = cases.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) return `two cases are named ${twice}`;
  for (const one of cases) {
    const found = caseProblem(one);
    if (found !== null) return `case ${one.name}: ${found}`;
  }
  return null;
}

/** Why a sample is invalid: its first wrong request. */
export function sampleProblem(requests: readonly PodRequest[]): string | null {
  for (const [index, request] of requests.entries()) {
    const found = requestProblem(request);
    if (found !== null) return `[${index}]: ${found}`;
  }
  return null;
}

function goldenProblem({ cases, configMap, minPass }: Golden): string | null {
  if ((cases === undefined) === (configMap === undefined))
    return 'must have exactly one of cases and configMap';
  if (parseShare(minPass) === null) return `minPass: "${minPass}" ${SHARE}`;
  const found = cases === undefined ? null : casesProblem(cases);
  return found === null ? null : `cases: ${found}`;
}

function shadowProblem(shadow: Shadow): string | null {
  const { requests, configMap, fields, agreement, maxDrift, maxLatencyIncrease } = shadow;
  if ((requests === undefined) === (configMap === undefined))
    return 'must have exactly one of requests and configMap';
  if (parseShare(agreement) === null) return `agreement: "${agreement}" ${SHARE}`;
  if (maxDrift !== undefined && parseShare(maxDrift) === null) return `maxDrift: "${maxDrift}" ${SHARE}`;
  const increase = maxLatencyIncrease === undefined ? undefined : parseIncrease(maxLatencyIncrease);
  if (increase === null || (increase?.relative === 0 && increase.absolute >= 0.01))
    return `maxLatencyIncrease: "${maxLatencyIncrease}" must be relative, such as 20%`;
  const field = fields.findIndex(({ tolerance }) => toleranceProblem(tolerance) !== null);
  if (field >= 0) return `fields[${field}].${toleranceProblem(fields[field]?.tolerance)}`;
  const found = requests === undefined ? null : sampleProblem(requests);
  return found === null ? null : `requests${found}`;
}

/** Why a check is invalid, with the field and the fix, as far as its template shows; else null. */
export function checkProblem({ golden, shadow }: Metric): string | null {
  const found =
    (golden === undefined ? null : goldenProblem(golden)) ??
    (shadow === undefined ? null : shadowProblem(shadow));
  if (found === null) return null;
  return `${golden === undefined ? 'shadow' : 'golden'}: ${found}`;
}
