/** A failure that a person can do something about: the message says what and how, so it is shown without a stack. */
export class ClusterError extends Error {
  override readonly name = 'ClusterError';
}

/** The message of anything thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Where progress lines go. */
export type Log = (line: string) => void;

/** The last line of a text that is not blank. */
export const lastLineOf = (text: string): string => text.trim().split('\n').at(-1) ?? '';
