import type { Release } from '../../../api/release/release.ts';
import { byText, countText } from '../../../view/people.ts';
import { CliError, usage } from '../../cli-error.ts';
import { because, patchRelease, type ReleasePatch, refuseOver, setSpec } from '../../patch-release.ts';
import type { ClusterFlags } from '../../session.ts';

/** The named gate, else the waiting one. */
export function gateFor(release: Release, asked: string | undefined): string {
  const { name } = release.metadata;
  const { policy, approvals = [] } = release.spec;
  const gates = policy.approval?.at ?? [];
  const gate = asked?.replace(/ ?%$/, '') ?? release.status?.waitingFor;
  if (gate !== undefined) {
    if (gates.includes(gate)) return gate;
    throw usage(
      `Release ${name} has no gate "${gate}"`,
      gates.length === 0
        ? 'its policy asks for no approval (approval.at)'
        : `its gates are ${gates.join(', ')}`,
    );
  }
  if (gates.length === 0)
    throw new CliError(`Release ${name} needs no approval`, {
      next: ['where a person must approve is set in the Rollout: approval: {at: [start, "50", promotion]}'],
    });
  const open = gates.filter((one) => !approvals.some((approval) => approval.gate === one));
  const list = gates.map((one) => {
    const given = approvals.find((approval) => approval.gate === one);
    return given === undefined ? one : `${one} (approved by ${byText(given)})`;
  });
  throw new CliError(`Release ${name} does not wait for an approval now; its gates: ${list.join(', ')}`, {
    next: open.length === 0 ? [] : [`to approve ahead: sluice approve ${name} --gate ${open[0]}`],
  });
}

/** What an approval changes. */
export function decide(
  release: Release,
  flags: { readonly gate?: string; readonly reason?: string },
  now: number,
): ReleasePatch {
  refuseOver(release, 'approve', now);
  const { name } = release.metadata;
  if (release.spec.abort !== undefined || release.status?.phase === 'Aborting')
    throw new CliError(`Release ${name} is being rolled back; an approval changes nothing`);
  const gate = gateFor(release, flags.gate);
  const entry = { gate, ...because(flags.reason) };
  const { approvals } = release.spec;
  const before = approvals?.length ?? 0;
  return {
    patch: [
      approvals === undefined
        ? setSpec('approvals', [entry])
        : { op: 'add', path: '/spec/approvals/-', value: entry },
    ],
    said: (after) => {
      const given = after.spec.approvals ?? [];
      const ours = given.filter((one) => one.gate === gate).at(-1);
      if (given.length === before) return `gate "${gate}" of Release ${name} was approved by you before`;
      return `gate "${gate}" of Release ${name} is approved by ${ours === undefined ? 'you' : byText(ours)}${countText(after, gate)}`;
    },
  };
}

/** `sluice approve [NAME]`. */
export function run(
  name: string | undefined,
  flags: ClusterFlags & { readonly gate?: string; readonly reason?: string },
): Promise<void> {
  return patchRelease(flags, name, (release) => decide(release, flags, Date.now()));
}
