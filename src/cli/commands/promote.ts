import type { Release } from '../../api/release.ts';
import { SluiceError } from '../../errors.ts';
import { RESOURCES } from '../../kubernetes/resource.ts';
import { stepTextOf } from '../../release/steps.ts';
import { guarded, refuseOver, setSpec } from '../acting.ts';
import { confirm } from '../ask.ts';
import { EXIT, Fault, usage } from '../fault.ts';
import { follow, interrupted } from '../follow.ts';
import { say } from '../output.ts';
import { readScene, releaseFor } from '../scene.ts';
import { type ClusterFlags, type Session, withSession } from '../session.ts';
import { isOver, placeOf, weightsOf } from '../standing.ts';

interface Flags extends ClusterFlags {
  readonly full?: boolean;
  readonly yes?: boolean;
}

/** What a full promotion does next with a release: skips its step, waits, or ends. */
export type Move =
  | { readonly kind: 'skip'; readonly step: number }
  | { readonly kind: 'wait' }
  | { readonly kind: 'end'; readonly text: string; readonly exit: number };

/** Decides the next move. Steps are left one by one, so that weight and pods still grow in the safe order. */
export function decide(release: Release): Move {
  const { name } = release.metadata;
  const { phase = 'Pending', step = 0, message, waitingFor } = release.status ?? {};
  if (phase === 'Promoted' || phase === 'Promoting')
    return { kind: 'end', text: `Release ${name} is ${placeOf(release.status)}`, exit: EXIT.ok };
  if (isOver(release) || phase === 'Aborting')
    return {
      kind: 'end',
      text: `Release ${name} is ${phase}: ${message ?? ''}`,
      exit: phase === 'Superseded' ? EXIT.overtaken : EXIT.no,
    };
  if (release.spec.paused === true)
    return { kind: 'end', text: `Release ${name} is paused; first: sluice resume ${name}`, exit: EXIT.no };
  if (phase !== 'Stepping') {
    const gate = `Release ${name} waits for approval of "${waitingFor}"; first: sluice approve ${name}`;
    return waitingFor === undefined ? { kind: 'wait' } : { kind: 'end', text: gate, exit: EXIT.no };
  }
  return release.spec.skipStep === step ? { kind: 'wait' } : { kind: 'skip', step };
}

function question(release: Release): string {
  const { approval } = release.spec.policy;
  const { known, more } = weightsOf(release);
  const left = known.slice(release.status?.step ?? 0).map((weight) => `${weight} %`);
  if (more) left.push('weights that are yet to be chosen');
  const gates =
    approval === undefined ? '' : `, and without the approvals of ${approval.at.join(', ')} that lie ahead`;
  return `Promote ${release.metadata.name} without waiting for the verdicts of ${left.join(', ')}${gates}?`;
}

async function skip(session: Session, release: Release, step: number): Promise<void> {
  const { namespace, name } = release.metadata;
  const patch = guarded(release, [
    { op: 'test', path: '/status/step', value: step },
    setSpec('skipStep', step),
  ]);
  try {
    await session.client.patch(RESOURCES.Release, { namespace, name }, 'json', patch);
    say(`step ${stepTextOf(release.spec.policy, release.status ?? {}, step + 1)} is skipped`);
  } catch (error) {
    // The release has moved on meanwhile: the next look shows where to.
    if (!(error instanceof SluiceError && error.code === 'KUBERNETES_CONFLICT')) throw error;
  }
}

/** `sluice promote [NAME] --full`: leaves the steps that remain without their verdicts, until the promotion begins. */
export async function run(name: string | undefined, flags: Flags): Promise<void> {
  if (flags.full !== true)
    throw usage(
      'promote needs --full, since it leaves out every verdict that is still to come',
      'to leave out only the current step: sluice skip',
      'to open a gate: sluice approve',
    );
  await withSession(flags, async (session) => {
    const chosen = releaseFor(await readScene(session), name);
    refuseOver(chosen, 'promote', Date.now());
    if (!(await confirm(question(chosen), flags.yes)))
      throw new Fault('nothing was changed', { exit: EXIT.no });
    const signal = interrupted();
    const fieldSelector = `metadata.name=${chosen.metadata.name}`;
    const following = await follow(session, { Release: { fieldSelector } }, signal);
    try {
      while (!signal.aborted) {
        const release = (following.list('Release')[0] as Release | undefined) ?? chosen;
        const move = decide(release);
        if (move.kind === 'end') {
          say(move.text);
          process.exitCode = move.exit;
          return;
        }
        const change = following.changed(60_000);
        if (move.kind === 'skip') await skip(session, release, move.step);
        await change;
      }
      throw new Fault('broken off; the steps that are left wait for their verdicts as before', {
        exit: EXIT.no,
      });
    } finally {
      await following.stop();
    }
  });
}
