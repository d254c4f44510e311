import { expect, it } from 'vitest';
import { buildFile, replaceLines } from './go-module.ts';

const kubernetes = { path: 'k8s.io/kubernetes', version: 'v1.37.1' };

it('replaces staging modules by the versions published with the release', () => {
  const lines = replaceLines(kubernetes, {
    Go: '1.26.0',
    Require: [
      { Path: 'k8s.io/api', Version: 'v0.0.0' },
      { Path: 'k8s.io/klog/v2', Version: 'v2.140.0' },
    ],
    Replace: [{ Old: { Path: 'k8s.io/api' }, New: { Path: './staging/src/k8s.io/api' } }],
  });
  expect(lines).toEqual(['k8s.io/api => k8s.io/api v0.37.1']);
});

it('leaves alone what is required in a published version, and what nothing requires', () => {
  const etcd = { path: 'go.etcd.io/etcd/server/v3', version: 'v3.6.16' };
  const lines = replaceLines(etcd, {
    Go: '1.26.0',
    Require: [{ Path: 'go.etcd.io/etcd/api/v3', Version: 'v3.6.16' }],
    Replace: [
      { Old: { Path: 'go.etcd.io/etcd/api/v3' }, New: { Path: '../api' } },
      { Old: { Path: 'go.etcd.io/etcd' }, New: { Path: './FORBIDDEN_DEPENDENCY' } },
    ],
  });
  expect(lines).toEqual([]);
});

it('repeats a replacement by another module, with its versions', () => {
  const lines = replaceLines(kubernetes, {
    Go: '1.26.0',
    Replace: [
      { Old: { Path: 'a.test/x', Version: 'v1.0.0' }, New: { Path: 'b.test/x', Version: 'v1.0.1' } },
      { Old: { Path: 'a.test/y' }, New: { Path: 'a.test/y', Version: 'v2.0.0' } },
    ],
  });
  expect(lines).toEqual(['a.test/x v1.0.0 => b.test/x v1.0.1', 'a.test/y => a.test/y v2.0.0']);
});

it('writes a go.mod with the language version and the debug settings of the module', () => {
  const text = buildFile(kubernetes, {
    Go: '1.26.0',
    GoDebug: [{ Key: 'default', Value: 'go1.26' }],
    Require: [{ Path: 'k8s.io/api', Version: 'v0.0.0' }],
    Replace: [{ Old: { Path: 'k8s.io/api' }, New: { Path: './staging/src/k8s.io/api' } }],
  });
  expect(text.split('\n').filter((line) => line !== '')).toEqual([
    'module sluice-build',
    'go 1.26.0',
    'godebug default=go1.26',
    'require k8s.io/kubernetes v1.37.1',
    'replace (',
    '\tk8s.io/api => k8s.io/api v0.37.1',
    ')',
  ]);
});

it('needs no replace block', () => {
  expect(buildFile({ path: 'a.test/x', version: 'v1.0.0' }, { Go: '1.26' })).not.toContain('replace');
});
