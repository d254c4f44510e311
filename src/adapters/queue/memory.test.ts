import { queueConformance } from '../../../test/conformance/queue.ts';
import { systemClock } from '../../clock.ts';
import { createMemoryQueue } from './memory.ts';

queueConformance('memory', async () => {
  const queue = createMemoryQueue({ clock: systemClock, random: Math.random });
  return { queue, close: async () => void (await queue.stop(1_000)) };
});
