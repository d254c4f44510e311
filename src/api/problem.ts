/** Something that a person must put right: a reason of the catalogue, and a sentence with the fix. */
export interface Problem<R extends string> {
  readonly reason: R;
  readonly message: string;
}
