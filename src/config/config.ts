import { parseArgs } from 'node:util';
import type { z } from 'zod';
import { SluiceError } from '../errors.ts';
import { proxyProblems } from '../http/outgoing/proxy.ts';
import { type MetricSourceConfig, readSources } from './metric-sources.ts';
import { OPTIONS, type Option } from './options.ts';

type Options = typeof OPTIONS;
type Value<O> = O extends { readonly parse: infer P extends z.ZodType } ? z.output<P> : never;
type Given = {
  readonly [K in keyof Options]: Options[K] extends { readonly default: string }
    ? Value<Options[K]>
    : Value<Options[K]> | undefined;
};

/** Everything that can be set, checked. Times are in milliseconds. */
export interface Config
  extends Omit<Given, 'namespaces' | 'queue' | 'leaseNamespace' | 'identity' | 'metricsSources'> {
  /** Empty means all. */
  readonly namespaces: readonly string[];
  readonly queue: 'memory' | 'redis';
  readonly leaseNamespace: string;
  readonly identity: string;
  /** Sources of metrics beside the usual one, from the file. */
  readonly metricSources: readonly MetricSourceConfig[];
}

/** The request of the command line: to run, or to print something. */
export type Asked = { readonly run: Config } | { readonly tell: 'help' | 'version' };

type Flags = Readonly<Record<string, unknown>>;
type Env = Readonly<Record<string, string | undefined>>;

function invalid(messages: readonly string[]): SluiceError {
  return new SluiceError('CONFIG_INVALID', messages.join('\n'), { retry: 'terminal' });
}

function readFlags(args: readonly string[]): Flags {
  const flags = Object.values(OPTIONS).map(({ flag }) => [flag, { type: 'string' }] as const);
  const options = {
    ...Object.fromEntries(flags),
    help: { type: 'boolean', short: 'h' },
    version: { type: 'boolean' },
  } as const;
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    const message = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    throw invalid([`${message.replace(/\. To specify.*/, '')}; see --help`]);
  }
}

/** Reads a setting; a wrong value becomes a message without the value, which may be secret. */
function take(option: Option<unknown>, flags: Flags, env: Env, problems: string[]): unknown {
  const byFlag = flags[option.flag];
  const [source, raw] =
    typeof byFlag === 'string'
      ? [`--${option.flag}`, byFlag]
      : [option.env, env[option.env] || option.default];
  if (raw === undefined) return undefined;
  const parsed = option.parse.safeParse(raw);
  if (parsed.success) return parsed.data;
  problems.push(`${source}: ${parsed.error.issues[0]?.message ?? 'is not valid'}`);
  return undefined;
}

function readGiven(args: readonly string[], env: Env, problems: string[]): Given {
  const flags = readFlags(args);
  const entries = Object.entries(OPTIONS).map(([name, option]) => [name, take(option, flags, env, problems)]);
  return Object.fromEntries(entries) as Given;
}

type Name = keyof Options;

/** Settings that exclude or require each other. */
const EXCLUSIVE: readonly (readonly [Name, Name])[] = [
  ['prometheusBearerToken', 'prometheusBearerTokenFile'],
  ['prometheusBearerToken', 'prometheusUsername'],
  ['prometheusBearerTokenFile', 'prometheusUsername'],
  ['prometheusPassword', 'prometheusPasswordFile'],
];
const NEEDS: readonly (readonly [Name, readonly Name[]])[] = [
  ['prometheusUsername', ['prometheusPasswordFile', 'prometheusPassword']],
  ['prometheusPassword', ['prometheusUsername']],
  ['prometheusPasswordFile', ['prometheusUsername']],
  ['prometheusCertFile', ['prometheusKeyFile']],
  ['prometheusKeyFile', ['prometheusCertFile']],
];

const shown = (name: Name): string => `--${OPTIONS[name].flag} (${OPTIONS[name].env})`;

function contradictions(given: Given): string[] {
  const has = (name: Name): boolean => given[name] !== undefined;
  const twice = EXCLUSIVE.filter(([a, b]) => has(a) && has(b)).map(
    ([a, b]) => `${shown(a)} and ${shown(b)} exclude each other: give one`,
  );
  const alone = NEEDS.filter(([name, others]) => has(name) && !others.some(has)).map(
    ([name, others]) => `${shown(name)} needs ${others.map(shown).join(' or ')}`,
  );
  return [...twice, ...alone];
}

/** The sources of the file, if there is one. Adds its mistakes and unknown names to `problems`. */
function sourcesOf({ metricsSources, metrics }: Given, problems: string[]): readonly MetricSourceConfig[] {
  const found = metricsSources === undefined ? { sources: [] } : readSources(metricsSources);
  if ('problems' in found) {
    const flag = `--${OPTIONS.metricsSources.flag} ${metricsSources}`;
    problems.push(...found.problems.map((problem) => `${flag}: ${problem}`));
    return [];
  }
  const names = ['prometheus', 'pods', ...found.sources.map(({ name }) => name)];
  if (!names.includes(metrics))
    problems.push(`--${OPTIONS.metrics.flag}: must be one of ${names.join(', ')}`);
  return found.sources;
}

/**
 * Reads command line and environment. Throws CONFIG_INVALID with one line for each wrong value, which names the flag or
 * the variable and what it accepts. `unique` supplies a name for a process without one.
 */
export function readConfig(args: readonly string[], env: Env, unique: () => string): Asked {
  const { help, version } = readFlags(args);
  if (help === true) return { tell: 'help' };
  if (version === true) return { tell: 'version' };
  const problems: string[] = proxyProblems(env);
  const given = readGiven(args, env, problems);
  const queue = given.queue ?? (given.redisUrl === undefined ? 'memory' : 'redis');
  if (queue === 'redis' && given.redisUrl === undefined && problems.length === 0)
    problems.push(`--queue redis needs --redis-url (${OPTIONS.redisUrl.env}), or use --queue memory`);
  if (problems.length === 0) problems.push(...contradictions(given));
  const metricSources = problems.length === 0 ? sourcesOf(given, problems) : [];
  if (problems.length > 0) throw invalid(problems);
  const { metricsSources: _file, ...settings } = given;
  return {
    run: Object.freeze({
      ...settings,
      metricSources,
      queue,
      namespaces: given.namespaces ?? [],
      leaseNamespace: given.leaseNamespace ?? (env['POD_NAMESPACE'] || 'sluice-system'),
      identity: given.identity ?? unique(),
    }),
  };
}
