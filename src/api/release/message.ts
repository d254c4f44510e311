import { z } from 'zod';
import { Timestamp } from '../meta.ts';
import { Severity } from '../notification.ts';

/** A message to people. */
export const Message = z.object({
  seq: z.int().min(1).describe('Number within the Release.'),
  at: Timestamp.describe('When it came about.'),
  severity: Severity.describe('How much it matters.'),
  reason: z.string().max(64).describe('What it is about, in one word.'),
  text: z.string().max(1024).describe('What came about, with numbers.'),
});
export type Message = z.infer<typeof Message>;

/** Delivery progress of one receiver. */
export const Delivery = z.object({
  to: z.string().max(80).describe('Name of the receiver.'),
  seq: z.int().min(0).describe('Number of the newest message that was delivered or failed for good.'),
  delivered: z.int().min(0).describe('Messages that it has taken.'),
  failed: z.int().min(0).describe('Messages that could not be delivered.'),
  attempts: z.int().min(0).optional().describe('Tries with the next message that have failed.'),
  retryAt: Timestamp.optional().describe('When the next try is due.'),
  error: z.string().max(512).optional().describe('Why the last try failed.'),
  ref: z.string().max(256).optional().describe('What the receiver calls the thread of this Release.'),
});
export type Delivery = z.infer<typeof Delivery>;
