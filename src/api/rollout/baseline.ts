import { z } from 'zod';

/** Requests that a canary got at weight 0 before its first weight: they do not come through the routes. */
export const Baseline = z
  .object({
    requests: z.number().min(0).describe('Requests in a window.'),
    seconds: z.number().min(0).describe('Length of the window.'),
    pods: z.int().min(0).describe('Ready canary pods.'),
  })
  .describe('What the canary got at weight 0 before its first weight. It does not come through the routes.');
