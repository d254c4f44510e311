import { describe, expect, it } from 'vitest';
import { nodeOptionsOf } from './options.ts';

const NEEDED = ['--kubeconfig', 'k', '--name', 'node-0', '--pod-cidr', '10.244.0.0/24', '--log-dir', 'logs'];

describe('nodeOptionsOf', () => {
  it('has defaults for all but four', () => {
    expect(nodeOptionsOf(NEEDED)).toEqual({
      kubeconfig: 'k',
      name: 'node-0',
      podCidr: '10.244.0.0/24',
      logDir: 'logs',
      mode: 'processes',
      gpus: 8,
      cpu: '64',
      memory: '256Gi',
      pods: 6_000,
      labels: {},
      maxBackOffMs: 10_000,
    });
  });

  it('reads labels', () => {
    expect(nodeOptionsOf([...NEEDED, '--label', 'pool=gpu', '--label', 'x=']).labels).toEqual({
      pool: 'gpu',
      x: '',
    });
  });

  it.each([
    [NEEDED.slice(2), '--kubeconfig is missing'],
    [[...NEEDED, '--mode', 'fast'], '--mode "fast" must be processes, instant, lazy'],
    [[...NEEDED, '--gpus', 'many'], '--gpus "many" must be a whole number'],
    [[...NEEDED, '--label', 'pool'], '--label "pool" must be KEY=VALUE'],
    [[...NEEDED, '--nope'], "Unknown option '--nope'"],
  ])('refuses %j', (args, message) => {
    expect(() => nodeOptionsOf(args)).toThrow(message);
  });
});
