import { describe, expect, it } from 'vitest';
import { type ErrorCode, SluiceError } from '../errors.ts';
import { ofOptionalKind } from './optional-kind.ts';

const kind = { group: 'example.dev', version: 'v1', kind: 'Route', plural: 'routes' } as const;
const error = (code: ErrorCode): SluiceError => new SluiceError(code, 'no', { retry: 'terminal' });

describe('a kind of a router that cannot be listed', () => {
  it.each<[ErrorCode]>([['KUBERNETES_NOT_FOUND'], ['KUBERNETES_FORBIDDEN']])(
    '%s has no objects, where a router of another data plane does without it',
    (code) => {
      expect(ofOptionalKind({ ...kind, optional: true })(error(code))).toEqual([]);
    },
  );

  it.each<[string, boolean, ErrorCode]>([
    ['is needed', false, 'KUBERNETES_NOT_FOUND'],
    ['could not be asked for', true, 'KUBERNETES_TIMEOUT'],
  ])('is an error where it %s', (_what, optional, code) => {
    const given = optional ? { ...kind, optional } : kind;
    expect(() => ofOptionalKind(given)(error(code))).toThrow('no');
  });
});
