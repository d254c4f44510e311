/** Something in a template or a Rollout that a person must put right, with a word for the troubleshooting table. */
export interface Problem {
  readonly reason: string;
  readonly message: string;
}
