import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { readDocuments } from './documents.ts';
import { validate } from './validate.ts';

/** The findings about files, one line each. */
function line(...texts: readonly string[]): string[] {
  const read = texts.map((text, at) => readDocuments(`${'abc'[at]}.yaml`, text));
  const { findings } = validate(
    read.flatMap(({ sources }) => sources),
    { namespace: 'models', analysisTemplate: 'http-generic' },
  );
  return [...read.flatMap((one) => one.findings), ...findings].map(
    ({ file, document, field, message, line: at, severity }) =>
      `${severity === 'note' ? 'note ' : ''}${file}:${document}:${field} (${at}): ${message}`,
  );
}

const shipped = (file: string): Promise<string> =>
  readFile(new URL(`../../../${file}`, import.meta.url), 'utf8');

/** The findings about the example with its lists, after a change. */
const foundInExample = async (change: (example: string) => string): Promise<string[]> => {
  const example = await shipped('manifests/examples/quality.yaml');
  const workload = await shipped('manifests/examples/workload.yaml');
  return line(change(example), workload, await shipped('analysis-templates/http-generic.yaml'));
};

describe('the lists of checks', () => {
  it('are those of the example that ships', async () => {
    expect(await foundInExample((example) => example)).toEqual([]);
  });

  it.each<[string, string | RegExp, string, string]>([
    [
      'no JSON',
      '      {"name": "praise"',
      '      {"name": praise',
      'a.yaml:1:data["cases.json"] (7): metric known-answers: golden: key cases.json of ConfigMap sluice-checks is no JSON: ',
    ],
    [
      'another key',
      'key: sample.json',
      'key: samples.json',
      'metric same-answers: shadow: ConfigMap sluice-checks has no key samples.json; its keys are cases.json, sample.json',
    ],
    ['no pattern', '"^neg"', '"(neg"', 'case blame: field class: matches: "(neg" is no pattern of RE2'],
    [
      'too few for a p95',
      'rate: 20',
      'maxLatencyIncrease: 50%',
      'shadow: maxLatencyIncrease: the sample has 3 requests, and a p95 needs at least 150',
    ],
    ['a share', 'minPass: 100%', 'minPass: all', 'golden: minPass: "all" must be a share from 0% to 100%'],
    [
      'no ConfigMap',
      'name: sluice-checks\ndata',
      'name: others\ndata',
      'note a.yaml:3:spec.analysis.templates (55): what metric known-answers asks is not checked, since ConfigMap sluice-checks is not among the files',
    ],
  ])('with %s are reported at their place', async (_what, from, to, message) => {
    const [first] = await foundInExample((example) => example.replace(from, to));
    expect(first).toContain(message);
  });
});
