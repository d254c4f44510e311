import { z } from 'zod';
import type { KubeObject } from '../../src/api/meta.ts';
import { ownProgram } from '../cluster/binaries/own-program.ts';
import { run } from '../cluster/process/command.ts';

/** Flux's expressions for one kind. */
export const Expressions = z.object({
  inProgress: z.string(),
  failed: z.string(),
  current: z.string(),
});

/** An object, and who judges it: a script of Argo CD, expressions of Flux, or kstatus where both are absent. */
export interface HealthQuestion {
  readonly object: KubeObject;
  readonly script?: string;
  readonly exprs?: z.infer<typeof Expressions>;
}

const Answer = z.object({ status: z.string(), message: z.string() });
export type HealthAnswer = z.infer<typeof Answer>;

/** What the tools say of each object, in order; throws what a tool says of a script or expression that is wrong. */
export async function healthOf(questions: readonly HealthQuestion[]): Promise<HealthAnswer[]> {
  const input = questions.map((one) => JSON.stringify(one)).join('\n');
  const lines = await run(await ownProgram('gitops'), [], { input });
  return lines
    .trim()
    .split('\n')
    .map((line) => Answer.parse(JSON.parse(line)));
}
