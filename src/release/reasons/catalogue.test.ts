import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { PHASES } from '../../api/release/places.ts';
import { CATALOGUE, reasonInfo } from './catalogue.ts';

const areas = Object.values(CATALOGUE);
const reasons = areas.flatMap((area) => Object.keys(area));
const listed = (is: (info: ReturnType<typeof reasonInfo>) => boolean): string[] =>
  reasons.filter((reason) => is(reasonInfo(reason))).toSorted();

/** The code that ships, without the catalogue itself. */
async function code(): Promise<string> {
  const texts: string[] = [];
  for await (const file of glob('src/**/*.ts'))
    if (!/\.test\.ts$|reasons/.test(file)) texts.push(readFileSync(file, 'utf8'));
  return texts.join('\n');
}

describe('the catalogue of reasons', () => {
  it('has each reason once, and no phase', () => {
    expect(reasons.toSorted()).toEqual([...new Set<string>(reasons)].toSorted());
    expect(reasons.filter((reason) => (PHASES as readonly string[]).includes(reason))).toEqual([]);
  });

  it('has none that nothing gives', async () => {
    const text = await code();
    const composed = ['InvalidRollout', 'InvalidRelease'];
    const idle = reasons.filter((reason) => !text.includes(`'${reason}'`) && !composed.includes(reason));
    expect(idle).toEqual([]);
    expect(text).toContain('`Invalid${kind}`');
  });

  it('has reasons that the API takes, each with a sentence about it', () => {
    expect(reasons.filter((reason) => !/^[A-Z][A-Za-z]{1,63}$/.test(reason))).toEqual([]);
    expect(listed(({ help }) => !/^[A-Z`].*[.)]$/s.test(help))).toEqual([]);
  });

  it('takes what another version of the controller wrote for trouble', () => {
    expect(reasonInfo('FromTheFuture')).toMatchObject({ kind: 'trouble', hasDeadline: true });
    expect(reasonInfo(undefined).kind).toBe('trouble');
    expect(reasonInfo('constructor').kind).toBe('trouble');
    expect(reasonInfo('Stepping').kind).toBe('ordinary');
  });

  it('lets a wait that a person or a limit of its own ends last for longer than its stage', () => {
    expect(listed(({ hasDeadline, kind }) => !hasDeadline && kind !== 'person')).toEqual([
      'BakeOverdue',
      'Baking',
      'CanaryMeasuring',
      'CanaryReplaced',
      'CanaryUnhealthy',
      'Previewing',
      'SharedFault',
      'StableCounting',
      'StableUncounted',
      'StableWon',
      'Testing',
      'WaitingForBudget',
    ]);
  });

  it('takes only what people have chosen, or are asked for, for no fault of the workload', () => {
    expect(listed(({ kind }) => kind === 'person')).toEqual([
      'ApprovalOverdue',
      'OptedOut',
      'Paused',
      'WaitingForApproval',
      'WorkloadTaken',
    ]);
  });

  it('says beside the reason of an abort what keeps it from ending', () => {
    expect(listed(({ hindersAbort }) => hindersAbort === true)).toEqual([
      'DeploymentRefused',
      'DrainWaiting',
      'PodsRefused',
      'ReplicaSetRefused',
      'RoutesContested',
      'RoutesNotTaken',
      'RoutesRefused',
    ]);
  });

  it('has no deadline of a stage over pods that come in the place of others', () => {
    expect(listed(({ awaitsPods }) => awaitsPods === true)).toEqual([
      'CanaryLoading',
      'CanaryReplaced',
      'CanaryWarming',
      'PodsRefused',
    ]);
  });
});
