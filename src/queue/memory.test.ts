import { systemClock } from '../clock.ts';
import { queueConformance } from '../reconcile/queue.conformance.ts';
import { createMemoryQueue } from './memory.ts';

queueConformance('memory', async () => {
  const queue = createMemoryQueue({ clock: systemClock, random: Math.random });
  return { queue, close: async () => void (await queue.stop(1_000)) };
});
