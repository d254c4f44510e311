import { promote, question } from '../../../acts/promote.ts';
import { CliError, EXIT, usage } from '../../cli-error.ts';
import { readInventory, releaseFor } from '../../inventory.ts';
import { patchRelease } from '../../patch-release.ts';
import { type ClusterFlags, withSession } from '../../session.ts';
import { confirm } from '../../terminal/ask.ts';

interface Flags extends ClusterFlags {
  readonly full?: boolean;
  readonly yes?: boolean;
  readonly reason?: string;
}

/** `sluice promote [NAME] --full`: skips the remaining steps and windows. Asks first. */
export async function run(name: string | undefined, flags: Flags): Promise<void> {
  if (flags.full !== true)
    throw usage(
      'promote needs --full, since it leaves out every verdict that is still to come',
      'to leave out only the current step: sluice skip',
      'to open a gate: sluice approve',
    );
  const { chosen, asks } = await withSession(flags, async (session) => {
    const release = releaseFor(await readInventory(session), name);
    // Do not ask about what would be refused.
    return { chosen: release, asks: 'patch' in promote(release, flags, Date.now()) };
  });
  if (asks && !(await confirm(question(chosen), flags.yes)))
    throw new CliError('nothing was changed', { exit: EXIT.no });
  // The answer is about this Release, not about a newer one.
  await patchRelease(flags, `release/${chosen.metadata.name}`, (release) =>
    promote(release, flags, Date.now()),
  );
}
