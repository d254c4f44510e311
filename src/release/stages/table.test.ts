import { describe, expect, it } from 'vitest';
import { type Phase, PLACES, type Stage } from '../../api/release/places.ts';
import type { StageColumns } from './columns.ts';
import { stageOf } from './table.ts';

/** Places with these columns. */
function places(is: (columns: StageColumns) => boolean): string[] {
  return PLACES.filter((place) => {
    const [phase, stage] = place.split('.') as [Phase, Stage?];
    return is(stageOf({ phase, ...(stage && { stage }) }));
  });
}

describe('the table of stages', () => {
  it('raises the weight where subsets of both versions are in the routes, and nowhere else', () => {
    expect(places(({ weight }) => weight === 'connect' || weight === 'step')).toEqual([
      'Stepping.Connecting',
      'Stepping.Shifting',
    ]);
    expect(places(({ weight, route }) => weight === 'step' && route !== 'split')).toEqual([]);
  });

  it('judges no traffic of a release that can no longer end by it', () => {
    expect(places(({ judged, abandonable }) => judged && !abandonable)).toEqual([]);
  });

  it('awaits the pods that it asks for', () => {
    const asked = places(({ canary, size }) => canary === 'detached' && size !== 'kept');
    expect(
      places(({ warmsUp, grows }) => warmsUp || grows).filter((place) => !asked.includes(place)),
    ).toEqual([]);
  });

  it('gives back, in every way to an end, the pod that it borrows', () => {
    expect(places(({ workload }) => workload === 'lending')).toEqual(['Starting.Loading']);
    expect(places(({ workload }) => workload === 'repaid')).toEqual([
      'Promoting.CleaningUp',
      'Aborting.RestoringRoutes',
    ]);
  });

  it('has nothing to do with the routes, the pods and the Deployment of a release that has ended', () => {
    const ended = places(({ label }) => label !== '').slice(-4);
    expect(ended).toEqual(['Promoted', 'Aborted', 'Superseded', 'Cancelled']);
    const idle = places(
      ({ route, canary, workload }) => route === 'none' && canary === 'left' && workload === 'left',
    );
    expect(idle).toEqual(['Pending', ...ended]);
  });

  it('treats a place of another version of the controller as having nothing of ours', () => {
    const found = stageOf({ phase: 'Stepping', stage: 'Mirroring' as Stage });
    expect(found).toMatchObject({ label: 'Stepping.Mirroring', route: 'none', judged: false });
  });
});
