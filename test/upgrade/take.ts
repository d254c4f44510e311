/**
 * Plays releases in the simulated world of the tree that it lies in, and prints what is stored at each place as one line of
 * JSON. `record.ts` copies it, with what it imports beside itself, into the tree of another version.
 */
import { MACHINE_VERSION } from '../../src/release/machine.ts';
import { pastOf } from '../simulation/past.ts';
import { started } from '../simulation/scene.ts';
import { PLAYS, type Play } from './plays.ts';
import type { Take } from './recording.ts';

/** The first status of each place, from the one on where the play differs from another. */
async function takesOf({ name, options, failures, from, lead }: Play): Promise<Take[]> {
  const { world, witness } = await started(await options());
  const takes = new Map<string, Take>();
  let isOn = from === undefined;
  world.cluster.subscribe(({ kind }) => {
    const place = world.place();
    isOn ||= from?.includes(place) === true;
    if (kind !== 'Release' || !isOn || takes.has(place) || world.status().machineVersion === undefined)
      return;
    takes.set(place, { play: name, place, past: pastOf(world) });
  });
  world.failures.set('v2', failures);
  world.push('v2');
  await lead(world, witness);
  if (witness.violations.length > 0) throw new Error(`${name}: ${witness.violations.join('; ')}`);
  return [...takes.values()];
}

const takes: Take[] = [];
for (const play of PLAYS.filter(({ since }) => since <= MACHINE_VERSION)) {
  // oxlint-disable-next-line no-await-in-loop -- one after the other
  takes.push(...(await takesOf(play)));
}
console.log(JSON.stringify({ machine: MACHINE_VERSION, takes }));
