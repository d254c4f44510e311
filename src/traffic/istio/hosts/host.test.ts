import { describe, expect, it } from 'vitest';
import { isHalfHostOf, isHostOf, isWildcardOf } from './host.ts';

const MODEL = { name: 'model', namespace: 'shop' };

describe('a host', () => {
  it.each([
    ['model', 'shop', true],
    ['model', 'other', false],
    ['model.shop.svc.cluster.local', 'other', true],
    ['model.shop.svc.corp.example', 'shop', true],
    ['model.shop', 'shop', false],
    ['model.shop.svc', 'shop', false],
    ['model.shop.svc.clusterset.local', 'shop', false],
    ['model.other.svc.cluster.local', 'shop', false],
    ['model-2', 'shop', false],
    ['', 'shop', false],
  ])('"%s" in namespace %s is the Service: %s', (host, from, wanted) => {
    expect(isHostOf(host, from, MODEL)).toBe(wanted);
  });

  it.each(['model.shop', 'model.shop.svc'])('"%s" means the Service only to people', (host) => {
    expect(isHalfHostOf(host, MODEL)).toBe(true);
  });

  it.each([
    ['*', true],
    ['*.local', true],
    ['*.shop.svc.cluster.local', true],
    ['*.other.svc.cluster.local', false],
    ['model', false],
  ])('"%s" as a wildcard covers the Service: %s', (host, wanted) => {
    expect(isWildcardOf(host, MODEL)).toBe(wanted);
  });
});
