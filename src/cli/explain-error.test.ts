import { describe, expect, it } from 'vitest';
import { type ErrorCode, SluiceError } from '../errors.ts';
import { CliError } from './cli-error.ts';
import { explainError } from './explain-error.ts';

const explained = (code: ErrorCode, message: string, server = 'https://cluster:6443'): CliError =>
  explainError(new SluiceError(code, message, { retry: 'terminal' }), { server, namespace: 'models' });

describe('an error of the cluster', () => {
  it.each<[string, ErrorCode, string, number, string]>([
    [
      'what may not be seen',
      'KUBERNETES_FORBIDDEN',
      'list releases: releases.sluice.dev is forbidden: User "ann" cannot list resource "releases"',
      5,
      'kubectl create rolebinding sluice-view-ann --user=ann --clusterrole=sluice-view -n models',
    ],
    [
      'what may not be changed',
      'KUBERNETES_FORBIDDEN',
      'patch releases/x: releases.sluice.dev "x" is forbidden: User "ann" cannot patch resource "releases"',
      5,
      '--user=ann --clusterrole=sluice-edit',
    ],
    [
      'what may not be approved',
      'KUBERNETES_FORBIDDEN',
      'patch releases/x: denied: ann may not approve releases in namespace models',
      5,
      '--user=ann --clusterrole=sluice-approve',
    ],
    [
      'what is not ours',
      'KUBERNETES_FORBIDDEN',
      'get deployments/x: deployments.apps "x" is forbidden: User "ann" cannot get resource "deployments"',
      5,
      '--user=ann --clusterrole=view',
    ],
    ['a login that has ended', 'KUBERNETES_FORBIDDEN', 'list rollouts: Unauthorized', 5, 'log in again'],
    [
      'a cluster without Sluice',
      'KUBERNETES_NOT_FOUND',
      'list rollouts: not found',
      5,
      'kubectl apply -k manifests',
    ],
    ['a rule of the API server', 'KUBERNETES_INVALID', 'abort cannot be undone or changed', 1, ''],
    ['somebody who was faster', 'KUBERNETES_CONFLICT', 'patch: conflict', 5, 'then try again'],
    ['a context that is none', 'CONFIG_INVALID', 'kubeconfig has no cluster', 2, ''],
  ])('says what to do about %s', (_what, code, message, exit, next) => {
    const fault = explained(code, message);
    expect(fault.message).toBe(message);
    expect(fault.exit).toBe(exit);
    expect(fault.next.join()).toContain(next);
  });

  it('names the API server that does not answer, and a kubeconfig that was not found', () => {
    const fault = explained('KUBERNETES_UNAVAILABLE', 'list rollouts: connect ECONNREFUSED');
    expect(fault.message).toContain('the API server https://cluster:6443 does not answer');
    expect(fault.next.join()).toContain('kubectl config get-contexts');
    const none = explained('KUBERNETES_UNAVAILABLE', 'connect ECONNREFUSED', 'http://localhost:8080');
    expect(none.next.join()).toContain('set KUBECONFIG');
  });

  it('leaves faults as they are, and throws what is a fault of ours', () => {
    const fault = new CliError('x');
    const nowhere = { server: '', namespace: '' };
    expect(explainError(fault, nowhere)).toBe(fault);
    expect(() => explainError(new TypeError('oops'), nowhere)).toThrow('oops');
  });
});
