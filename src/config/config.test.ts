import { describe, expect, it } from 'vitest';
import { type Config, readConfig } from './config.ts';
import { helpText, optionsTable } from './help.ts';
import { OPTIONS } from './options.ts';

function read(args: string[], env: Record<string, string> = {}): Config {
  const asked = readConfig(args, env, () => 'host_1');
  if (!('run' in asked)) throw new Error('expected a configuration');
  return asked.run;
}

describe('configuration', () => {
  it('runs without any setting', () => {
    expect(read([])).toEqual({
      kubeconfig: undefined,
      context: undefined,
      namespaces: [],
      prometheusUrls: ['http://prometheus.monitoring:9090'],
      prometheusTimeout: 5_000,
      metrics: 'prometheus',
      metricSources: [],
      scrapeInterval: 5_000,
      queue: 'memory',
      redisUrl: undefined,
      rootNamespace: 'istio-system',
      istiodDebounceMax: 10_000,
      defaultAnalysis: 'http-generic',
      httpAddress: { host: '0.0.0.0', port: 8080 },
      approvalsAddress: undefined,
      approvalsUrl: undefined,
      credentials: 'sluice-credentials',
      slackSocket: false,
      slackApiUrl: 'https://slack.com/api/',
      pictures: true,
      leaderElect: true,
      leaseNamespace: 'sluice-system',
      leaseName: 'sluice',
      identity: 'host_1',
      resync: 300_000,
      concurrency: 16,
      logLevel: 'info',
      shutdownGrace: 20_000,
    });
    expect(Object.isFrozen(read([]))).toBe(true);
  });

  it('takes a flag before the environment, and that before the default', () => {
    const env = { SLUICE_CONCURRENCY: '4', SLUICE_LOG_LEVEL: 'debug', SLUICE_RESYNC: '' };
    expect(read(['--concurrency', '8'], env)).toMatchObject({
      concurrency: 8,
      logLevel: 'debug',
      resync: 300_000,
    });
    expect(read(['--concurrency=9'], env).concurrency).toBe(9);
  });

  it('uses Redis where it has its address', () => {
    expect(read([], { SLUICE_REDIS_URL: 'redis://redis:6379' }).queue).toBe('redis');
    expect(read(['--redis-url', '/run/redis.sock']).queue).toBe('redis');
    expect(read(['--redis-url', 'redis://redis', '--queue', 'memory']).queue).toBe('memory');
  });

  it('reads headers by name', () => {
    expect(read(['--prometheus-headers', 'X-Team=ml, X-Env=a=b']).prometheusHeaders).toEqual({
      'X-Team': 'ml',
      'X-Env': 'a=b',
    });
    expect(() => read(['--prometheus-headers', 'X-Team'])).toThrow(
      'must be headers like X-Team=ml,X-Env=prod',
    );
  });

  it.each([
    [['--prometheus-bearer-token=a', '--prometheus-username=b'], 'exclude each other: give one'],
    [['--prometheus-bearer-token=a', '--prometheus-bearer-token-file=b'], 'exclude each other: give one'],
    [['--prometheus-username=a'], 'needs --prometheus-password-file (SLUICE_PROMETHEUS_PASSWORD_FILE) or'],
    [['--prometheus-password-file=a'], 'needs --prometheus-username'],
    [['--prometheus-cert-file=a'], 'needs --prometheus-key-file'],
    [['--metrics=thanos'], '--metrics: must be one of prometheus, pods'],
    [['--metrics-sources=/does/not/exist'], '--metrics-sources /does/not/exist: cannot be read (ENOENT)'],
  ])('says what does not go together in %j', (args, message) => {
    expect(() => read(args)).toThrow(message);
    expect(() => read(args)).not.toThrow('=a');
  });

  it('keeps its lease in the namespace of the pod', () => {
    expect(read([], { POD_NAMESPACE: 'infra' }).leaseNamespace).toBe('infra');
    expect(read(['--lease-namespace', 'other'], { POD_NAMESPACE: 'infra' }).leaseNamespace).toBe('other');
  });

  it.each([
    [':9090', { host: '0.0.0.0', port: 9090 }],
    ['127.0.0.1:0', { host: '127.0.0.1', port: 0 }],
    ['[::1]:8080', { host: '::1', port: 8080 }],
  ])('reads the address %s', (text, expected) => {
    expect(read(['--http-address', text]).httpAddress).toEqual(expected);
  });

  it.each<[string[], Record<string, string>, string]>([
    [['--concurrency', '0'], {}, '--concurrency: must be a whole number from 1 to 9999'],
    [[], { SLUICE_CONCURRENCY: 'many' }, 'SLUICE_CONCURRENCY: must be a whole number from 1 to 9999'],
    [['--resync', '5'], {}, '--resync: must be a duration above 0, like 500ms, 30s, 5m or 1h30m'],
    [['--resync', '0s'], {}, '--resync: must be a duration above 0, like 500ms, 30s, 5m or 1h30m'],
    [
      ['--prometheus-url', 'prometheus:9090'],
      {},
      '--prometheus-url: must be a URL that begins with http:// or https://',
    ],
    [
      ['--redis-url', 'http://redis'],
      {},
      '--redis-url: must be a URL that begins with redis:// or rediss://',
    ],
    [['--queue', 'kafka'], {}, '--queue: must be one of memory, redis'],
    [['--queue', 'redis'], {}, '--queue redis needs --redis-url (SLUICE_REDIS_URL), or use --queue memory'],
    [['--leader-elect', 'yes'], {}, '--leader-elect: must be true or false'],
    [['--allow-targets', '10.0.0.0/8,localhost'], {}, '--allow-targets: must be subnets or addresses, like'],
    [['--namespaces', 'shop,Big Shop'], {}, '--namespaces: must be a name like sluice-system'],
    [['--http-address', '8080'], {}, '--http-address: must be HOST:PORT or :PORT'],
    [['--http-address', ':70000'], {}, '--http-address: must be HOST:PORT or :PORT'],
    [['--log-level', 'loud'], {}, '--log-level: must be one of debug, info, warn, error, silent'],
    [['--kubeconfig', ''], {}, '--kubeconfig: must not be empty'],
    [['--colour'], {}, "Unknown option '--colour'; see --help"],
    [
      ['start'],
      {},
      "Unexpected argument 'start'. This command does not take positional arguments; see --help",
    ],
    [['--resync'], {}, "Option '--resync <value>' argument missing; see --help"],
  ])('refuses %j %j', (args, env, message) => {
    expect(() => read(args, env)).toThrow(message);
  });

  it('tells of every wrong value at once, and never shows one', () => {
    const env = { SLUICE_REDIS_URL: 'http://:s3cret@redis', SLUICE_RESYNC: 'often' };
    const problem = (() => {
      try {
        read([], env);
      } catch (error) {
        return String(error);
      }
      return '';
    })();
    expect(problem).toContain('SLUICE_REDIS_URL');
    expect(problem).toContain('SLUICE_RESYNC');
    expect(problem).not.toContain('s3cret');
  });

  it.each([
    [['--help'], { tell: 'help' }],
    [['-h', '--queue', 'kafka'], { tell: 'help' }],
    [['--version'], { tell: 'version' }],
  ] as const)('answers %j', (args, expected) => {
    expect(readConfig(args, {}, () => '')).toEqual(expected);
  });

  it('documents every setting, from the table that is read', () => {
    for (const { flag, env } of Object.values(OPTIONS)) {
      expect(helpText()).toContain(`--${flag} `);
      expect(helpText()).toContain(env);
      expect(optionsTable()).toContain(`\`${env}\``);
    }
    expect(
      Math.max(
        ...helpText()
          .split('\n')
          .map((line) => line.length),
      ),
    ).toBeLessThanOrEqual(110);
    expect(
      new Set(
        optionsTable()
          .split('\n')
          .map((row) => row.replaceAll('\\|', '').split('|').length),
      ),
    ).toEqual(new Set([6]));
  });
});
