import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { SourceName } from '../api/analysis/template-ref.ts';
import { Duration, durationMs } from '../api/values/duration.ts';

/** Reserved names: the Prometheus of the flags, and the pods themselves. */
const TAKEN: readonly string[] = ['prometheus', 'pods'];

const file = z.string().min(1);
const url = z
  .string()
  .refine(
    (text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol),
    'must be a http:// or https:// URL',
  );

const Source = z
  .strictObject({
    name: SourceName.refine(
      (name) => !TAKEN.includes(name),
      `must not be ${TAKEN.join(' or ')}, which are there already`,
    ),
    urls: z.array(url).min(1),
    timeout: Duration.default('5s'),
    tenant: z.string().min(1).optional(),
    headers: z.record(z.string(), z.string()).optional(),
    bearerTokenFile: file.optional(),
    username: z.string().min(1).optional(),
    passwordFile: file.optional(),
    caFile: file.optional(),
    certFile: file.optional(),
    keyFile: file.optional(),
  })
  .refine(({ bearerTokenFile, username }) => bearerTokenFile === undefined || username === undefined, {
    message: 'must have a bearerTokenFile or a username, not both',
    path: ['username'],
  })
  .refine(({ username, passwordFile }) => (username === undefined) === (passwordFile === undefined), {
    message: 'must stand beside the other one: username needs passwordFile',
    path: ['passwordFile'],
  })
  .refine(({ certFile, keyFile }) => (certFile === undefined) === (keyFile === undefined), {
    message: 'must stand beside the other one: certFile needs keyFile',
    path: ['keyFile'],
  })
  .transform(({ timeout, ...rest }) => ({ ...rest, timeoutMs: durationMs(timeout) }));

const Sources = z
  .strictObject({ sources: z.array(Source).max(64) })
  .refine(({ sources }) => new Set(sources.map(({ name }) => name)).size === sources.length, {
    message: 'has a name twice',
    path: ['sources'],
  });

/** An additional metric source. Secrets are only in files, so that this file is not secret. */
export type MetricSourceConfig = z.infer<typeof Sources>['sources'][number];

/** The text of the file that names sources, checked; or what is wrong with it, field by field. */
export function parseSources(
  text: string,
): { readonly sources: readonly MetricSourceConfig[] } | { readonly problems: readonly string[] } {
  let raw: unknown;
  try {
    raw = parse(text);
  } catch (error) {
    return {
      problems: [`is not YAML: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : ''}`],
    };
  }
  const parsed = Sources.safeParse(raw);
  if (parsed.success) return { sources: parsed.data.sources };
  return {
    problems: parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the file'}: ${message}`),
  };
}

/** As `parseSources`, of a file. */
export function readSources(path: string): ReturnType<typeof parseSources> {
  try {
    return parseSources(readFileSync(path, 'utf8'));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    return { problems: [`cannot be read (${code})`] };
  }
}
