import { describe, expect, it } from 'vitest';
import { parseSources, readSources } from './metric-sources.ts';

const one = (fields: string): string =>
  `sources:\n  - name: team-a\n    urls: [https://thanos:9090]\n${fields}`;

describe('parseSources', () => {
  it('reads a source with all that it can have', () => {
    const fields = [
      'timeout: 2s',
      'tenant: a',
      'headers: {X-Extra: "1"}',
      'username: me',
      'passwordFile: /p',
      'caFile: /ca',
      'certFile: /cert',
      'keyFile: /key',
    ];
    expect(parseSources(one(fields.map((field) => `    ${field}\n`).join('')))).toEqual({
      sources: [
        {
          name: 'team-a',
          urls: ['https://thanos:9090'],
          timeoutMs: 2_000,
          tenant: 'a',
          headers: { 'X-Extra': '1' },
          username: 'me',
          passwordFile: '/p',
          caFile: '/ca',
          certFile: '/cert',
          keyFile: '/key',
        },
      ],
    });
    expect(parseSources(one(''))).toMatchObject({ sources: [{ timeoutMs: 5_000 }] });
  });

  it.each([
    ['no YAML', 'sources: [', 'is not YAML'],
    ['nothing', '', 'the file: Invalid input'],
    ['a word too many', one('    bearerToken: x\n'), 'Unrecognized key: "bearerToken"'],
    ['a name that is taken', 'sources: [{name: pods, urls: ["http://x"]}]', 'must not be prometheus or pods'],
    [
      'a name twice',
      'sources: [{name: a, urls: ["http://x"]}, {name: a, urls: ["http://y"]}]',
      'has a name twice',
    ],
    ['a URL that is none', 'sources: [{name: a, urls: [thanos]}]', 'must be a http:// or https:// URL'],
    ['no URL', 'sources: [{name: a, urls: []}]', 'sources.0.urls'],
    [
      'two ways to be known',
      one('    bearerTokenFile: /t\n    username: me\n    passwordFile: /p\n'),
      'not both',
    ],
    ['a name without a password', one('    username: me\n'), 'username needs passwordFile'],
    ['a certificate without a key', one('    certFile: /c\n'), 'certFile needs keyFile'],
  ])('says what is wrong with %s', (_, text, problem) => {
    const parsed = parseSources(text);
    expect('problems' in parsed && parsed.problems.join('; ')).toContain(problem);
  });

  it('says that a file is not there', () => {
    expect(readSources('/does/not/exist')).toEqual({ problems: ['cannot be read (ENOENT)'] });
  });
});
