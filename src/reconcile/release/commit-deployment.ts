import { ifUnchanged, type PatchOperation } from '../../api/values/json-patch.ts';
import type { Writer } from '../../ports/cluster.ts';
import type { DeploymentGoal } from '../../release/desired.ts';
import type { Observation } from '../../release/observed.ts';
import { updateProblem } from '../../release/rollout/preflight.ts';
import { revisionOf } from '../../workload/revision.ts';
import type { ObservedDeployment, Template } from '../../workload/workload.ts';
import { holdOperations, resumeOperations } from '../write/hold.ts';

function templateOperations(
  deployment: ObservedDeployment,
  template: Template,
  paused: boolean,
): PatchOperation[] {
  const write: PatchOperation = { op: 'replace', path: '/spec/template', value: template };
  if (!paused) return [write, ...resumeOperations(deployment)];
  return [write, ...holdOperations(deployment.object, 'newer-template')];
}

type TemplateGoal = Extract<DeploymentGoal, { kind: 'template' }>;

function replaceTemplate(
  observation: Observation,
  deployment: ObservedDeployment,
  goal: TemplateGoal,
): PatchOperation[] {
  const template = goal.template === 'canary' ? observation.canary?.template : goal.template;
  if (template === undefined) return [];
  if (revisionOf(template) === deployment.revision)
    return deployment.held && !goal.paused ? resumeOperations(deployment) : [];
  const { stableRevision: stable, release } = observation;
  const replaceable = { any: deployment.revision, stable, canary: release.spec.revision };
  return replaceable[goal.replaces] === deployment.revision
    ? templateOperations(deployment, template, goal.paused)
    : [];
}

/** An update to the canary does not start while it would stop stable first. */
function isBarred(observation: Observation, deployment: ObservedDeployment, goal: DeploymentGoal): boolean {
  const begins =
    (goal.kind === 'resumed' && goal.on === 'canary') ||
    (goal.kind === 'template' && goal.template === 'canary' && !goal.paused);
  return begins && deployment.paused && updateProblem(deployment, observation.release.spec) !== null;
}

/** The operations for the goal. Only the gate's own hold is ever lifted. */
export function deploymentOperations(
  observation: Observation,
  deployment: ObservedDeployment,
  goal: DeploymentGoal,
): PatchOperation[] {
  if (isBarred(observation, deployment, goal)) return [];
  switch (goal.kind) {
    case 'leave':
      return [];
    case 'resumed': {
      const revision = goal.on === 'stable' ? observation.stableRevision : observation.release.spec.revision;
      return deployment.held && deployment.revision === revision ? resumeOperations(deployment) : [];
    }
    case 'stopped':
      return deployment.paused || deployment.revision !== observation.release.spec.revision
        ? []
        : holdOperations(deployment.object, 'paused');
    case 'sized':
      return deployment.replicas === goal.from
        ? [{ op: 'replace', path: '/spec/replicas', value: goal.to }]
        : [];
    case 'template':
      return replaceTemplate(observation, deployment, goal);
  }
}

/** Brings the Deployment to its goal. */
export async function commitDeployment(
  writer: Writer,
  observation: Observation,
  goal: DeploymentGoal,
): Promise<void> {
  const { deployment } = observation;
  if (deployment === null || deployment.deleting) return;
  const operations = deploymentOperations(observation, deployment, goal);
  if (operations.length > 0)
    await writer.patch(deployment.object, [ifUnchanged(deployment.object), ...operations]);
}
