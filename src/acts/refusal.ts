/** An act that cannot be done: the state and why, with what a person can do in its place. Nothing was changed. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  /** One line each. */
  readonly next: readonly string[];
  /** Whether the request itself is wrong, such as a gate that the release does not have. */
  readonly isUsage: boolean;

  constructor(message: string, next: readonly string[] = [], isUsage = false) {
    super(message);
    this.next = next;
    this.isUsage = isUsage;
  }
}
