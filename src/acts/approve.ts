import type { Release } from '../api/release/release.ts';
import { byText, countText } from '../view/people.ts';
import { Refusal } from './refusal.ts';
import { because, type ReleasePatch, refuseOver, setSpec } from './release-patch.ts';

/** The named gate, else the waiting one. */
export function gateFor(release: Release, asked: string | undefined): string {
  const { name } = release.metadata;
  const { policy, approvals = [] } = release.spec;
  const gates = policy.approval?.at ?? [];
  const gate = asked?.replace(/ ?%$/, '') ?? release.status?.waitingFor;
  if (gate !== undefined) {
    if (gates.includes(gate)) return gate;
    throw new Refusal(
      `Release ${name} has no gate "${gate}"`,
      [
        gates.length === 0
          ? 'its policy asks for no approval (approval.at)'
          : `its gates are ${gates.join(', ')}`,
      ],
      true,
    );
  }
  if (gates.length === 0)
    throw new Refusal(`Release ${name} needs no approval`, [
      'where a person must approve is set in the Rollout: approval: {at: [start, "50", promotion]}',
    ]);
  const open = gates.filter((one) => !approvals.some((approval) => approval.gate === one));
  const list = gates.map((one) => {
    const given = approvals.find((approval) => approval.gate === one);
    return given === undefined ? one : `${one} (approved by ${byText(given)})`;
  });
  throw new Refusal(
    `Release ${name} does not wait for an approval now; its gates: ${list.join(', ')}`,
    open.length === 0 ? [] : [`to approve ahead: sluice approve ${name} --gate ${open[0]}`],
  );
}

/** What an approval changes. */
export function approve(
  release: Release,
  flags: { readonly gate?: string; readonly reason?: string },
  now: number,
): ReleasePatch {
  refuseOver(release, 'approve', now);
  const { name } = release.metadata;
  if (release.spec.abort !== undefined || release.status?.phase === 'Aborting')
    throw new Refusal(`Release ${name} is being rolled back; an approval changes nothing`);
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
