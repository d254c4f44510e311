import { describe, expect, it } from 'vitest';
import { PLAN, release, statusOf } from '../../../test/fixtures/release.ts';
import type { Release } from '../../api/release/release.ts';
import { ROUTERS } from '../../traffic/registry.ts';
import { MACHINE_VERSION } from '../machine.ts';
import { parseRelease, planProblem } from '../parse.ts';

/** A Release under way as a controller before version 3 of the machine has stored it. */
function earlier(over: object): Release {
  const { plan: _plan, ...status } = statusOf({ phase: 'Stepping', stage: 'Analysing', machineVersion: 2 });
  return { ...release(), status: { ...status, ...over } };
}

describe('the plan of a release that an earlier controller began', () => {
  const { routes } = PLAN.data;

  it.each([
    ['one Service', { routes }, PLAN.data],
    ['further Services', { routes, moreServices: ['grpc'] }, { routes, moreServices: ['grpc'] }],
  ])('of %s is read', (_what, fields, data) => {
    const parsed = parseRelease(earlier(fields));
    const { status } = 'value' in parsed ? parsed.value : release();
    expect(status).toMatchObject({ machineVersion: MACHINE_VERSION, plan: { router: 'istio', data } });
    expect('value' in parsed && planProblem(parsed.value, ROUTERS)).toBeNull();
  });

  it('is read again where the API server has dropped it, by its older CRD', () => {
    const parsed = parseRelease(earlier({ routes, machineVersion: MACHINE_VERSION }));
    expect(parsed).toMatchObject({ value: { status: { routes, plan: PLAN } } });
  });

  it('is none where it had not been made', () => {
    expect(parseRelease(earlier({ phase: 'Pending', stage: undefined }))).not.toHaveProperty(
      'value.status.plan',
    );
  });
});

/** What is wrong with a plan that has these fields. */
const wrong = (plan: object): string | undefined =>
  planProblem({ ...release(), status: { ...statusOf({}), plan: { ...PLAN, ...plan } } }, ROUTERS)?.message;

describe('a plan', () => {
  it('that its router cannot read is refused with the field', () => {
    expect(wrong({})).toBeUndefined();
    expect(wrong({ data: { routes: [{ index: 0 }] } })).toContain('status.plan.data.routes.0.destinations: ');
    expect(wrong({ router: 'other' })).toContain('status.plan.router: other is not the router of the policy');
  });
});
