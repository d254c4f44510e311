import type { Clock } from '../../clock.ts';
import type { Secrets } from '../../ports/cluster.ts';
import type { Notification, Receipt, Target } from '../../ports/notifier.ts';

type Receivers = Required<Pick<Target, 'slack' | 'webhook' | 'teams' | 'email'>>;

/** The picture of a message, drawn. */
export interface Drawn {
  readonly png: Uint8Array<ArrayBuffer>;
  /** What it shows, for who does not see it. */
  readonly words: string;
}

/** Everything that a channel gets to send a message. */
export interface Sending<K extends keyof Receivers> {
  readonly receiver: NonNullable<Receivers[K]>;
  readonly target: Target;
  readonly message: Notification;
  readonly thread: { readonly ref?: string | undefined; readonly again: boolean };
  /** Draws the picture with that many pixels for each of the SVG; null without one, or where it could not be drawn. */
  readonly draw: (scale: number) => Promise<Drawn | null>;
  readonly secrets: Secrets;
  readonly clock: Pick<Clock, 'now'>;
}

/** Sends a message through one channel. */
export type Send<K extends keyof Receivers> = (sending: Sending<K>) => Promise<Receipt>;
