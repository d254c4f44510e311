import { type Hands, NO_HANDS } from './hands.ts';
import type { World } from './world.ts';

/** What others may do to the objects of the world's router. */
export const handsOf = (world: World): Hands => world.options.routing.hands ?? NO_HANDS;

/** Somebody gives the first rule another name. */
export const renameRoute = (world: World): void => handsOf(world).renameRoute(world.cluster);

/** Somebody applies the routes as they are in Git. */
export const applyRoutes = (world: World): void => handsOf(world).applyRoutes(world.cluster);

/** A route as it is in the middle of a release, as a backup or an exported object has it. */
export const applyStaleSplit = (world: World): void => handsOf(world).applyStaleSplit(world.cluster);

/** Somebody takes our labels off our objects, or puts those of another Rollout there. */
export const relabelRule = (world: World, labels: Record<string, string>): void =>
  handsOf(world).relabel(world.cluster, labels);

/** Somebody puts an object of their own in the place of one of ours. */
export const replaceRule = (world: World): void => handsOf(world).replace(world.cluster);

/** Something appears that keeps a split from being in force. */
export const hideSubsets = (world: World): void => handsOf(world).hide(world.cluster);
