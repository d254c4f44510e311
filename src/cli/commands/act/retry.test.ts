import { describe, expect, it } from 'vitest';
import { ago, release, rollout, scene, stepping, template } from '../../../../test/fixtures/cli.ts';
import { revisionOf } from '../../../workload/revision.ts';
import { CliError } from '../../cli-error.ts';
import { checkHeld, rolloutToRetry } from './retry.ts';

const ended = (phase: 'Promoted' | 'Aborted' = 'Aborted') => release({ phase, finishedAt: ago(60) });

function faultOf(work: () => unknown): CliError {
  try {
    work();
  } catch (error) {
    if (error instanceof CliError) return error;
    throw error;
  }
  throw new Error('there was no fault');
}

describe('retry', () => {
  it('is for a revision that was rolled back', () => {
    const tried = rollout({ tried: 's222222222' });
    expect(rolloutToRetry(scene([tried], [ended()]), 'ranker')).toBe(tried);
  });

  it('is refused while a release is under way, and where there is nothing to try', () => {
    const busy = scene([rollout()], [release(stepping())]);
    expect(faultOf(() => rolloutToRetry(busy, undefined)).message).toContain('is under way (Stepping)');
    const idle = scene([rollout()], [ended('Promoted')]);
    expect(faultOf(() => rolloutToRetry(idle, undefined)).message).toContain('has nothing to try again');
  });
  it('is refused where another version stands in the Deployment by now', () => {
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'ranker' },
      spec: { template: template('v3'), selector: {} },
    };
    const tried = rollout({ tried: revisionOf(template('v3')) });
    expect(checkHeld(tried, deployment)).toBeUndefined();
    expect(checkHeld(tried, null)).toBeUndefined();
    const other = rollout({ tried: 's222222222' });
    expect(faultOf(() => checkHeld(other, deployment)).message).toContain('holds a different pod template');
  });
});
