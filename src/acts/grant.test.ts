import { describe, expect, it } from 'vitest';
import { grantFor, grantOf, roleToRead } from './grant.ts';

describe('the role that lets people read a kind', () => {
  it.each([
    ['rollouts', 'sluice.dev', 'sluice-view'],
    ['analysistemplates', 'sluice.dev', 'sluice-view'],
    ['virtualservices', 'networking.istio.io', 'sluice-view-routes'],
    ['inferencepools', 'inference.networking.k8s.io', 'sluice-view-routes'],
    ['services', '', 'view'],
    ['deployments', 'apps', 'view'],
    // A RoleBinding gives nothing that belongs to no namespace.
    ['clusteranalysistemplates', 'sluice.dev', 'sluice-view-cluster'],
    ['gatewayclasses', 'gateway.networking.k8s.io', 'sluice-view-cluster'],
  ])('%s of group "%s" is %s', (plural, group, role) => {
    expect(roleToRead(plural, group)).toBe(role);
  });
});

describe('how a person gets what the API server says is missing', () => {
  it.each([
    [
      'clusteranalysistemplates.sluice.dev is forbidden: User "ann" cannot list resource "clusteranalysistemplates" in API group "sluice.dev" at the cluster scope',
      'kubectl create clusterrolebinding sluice-view-cluster-ann --user=ann --clusterrole=sluice-view-cluster',
    ],
    [
      'virtualservices.networking.istio.io is forbidden: User "ann" cannot list resource "virtualservices" in API group "networking.istio.io" in the namespace "models"',
      'kubectl create rolebinding sluice-view-routes-ann --user=ann --clusterrole=sluice-view-routes -n models',
    ],
    [
      'rollouts.sluice.dev is forbidden: User "ann" cannot list resource "rollouts" in API group "sluice.dev"',
      '--user=ann --clusterrole=sluice-view -n models',
    ],
    ['no idea', '--user=USER --clusterrole=view -n models'],
  ])('%s', (message, command) => {
    expect(grantFor(message, 'models').endsWith(command)).toBe(true);
  });

  it('names who must do it', () => {
    expect(grantOf('sluice-view', 'ann', 'models')).toContain('an administrator of the namespace');
    expect(grantOf('sluice-view-cluster', 'ann', 'models')).toContain('an administrator of the cluster');
  });

  it.each([
    ['oidc:ann@example.com', 'sluice-view-oidc:ann@example.com --user=oidc:ann@example.com'],
    ['https://id/%41', 'sluice-view-https:--id--41 --user=https://id/%41'],
    ['$(reboot)', `'sluice-view-$(reboot)' '--user=$(reboot)'`],
    [`a'; reboot #`, String.raw`'sluice-view-a'\''; reboot #' '--user=a'\''; reboot #'`],
  ])('is a command that a shell takes as it is meant for the user %s', (user, words) => {
    expect(grantOf('sluice-view', user, 'models')).toContain(`create rolebinding ${words} --clusterrole=`);
  });
});
