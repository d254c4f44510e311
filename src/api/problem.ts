/** Something that a person must fix: a reason of the catalogue, and a sentence with the fix. */
export interface Problem<R extends string> {
  readonly reason: R;
  readonly message: string;
}
