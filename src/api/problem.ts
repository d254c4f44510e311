/** Something that a person must put right: a reason of the catalogue, and a sentence with the fix. */
export interface Problem {
  readonly reason: string;
  readonly message: string;
}
