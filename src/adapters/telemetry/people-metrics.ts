import { Counter, type Registry } from 'prom-client';
import type { PeopleTelemetry } from '../../ports/telemetry.ts';

/** Metrics of messages and decisions. */
export function createPeopleMetrics(registry: Registry): PeopleTelemetry {
  const registers = [registry];
  const messages = new Counter({
    name: 'sluice_messages_total',
    help: 'Tries to tell a receiver something, by way and result: delivered, failed (tried again), givenUp.',
    labelNames: ['way', 'result'],
    registers,
  });
  const decisions = new Counter({
    name: 'sluice_votes_total',
    help: 'Decisions that came in from outside of Kubernetes, by way and whether they counted.',
    labelNames: ['via', 'decision', 'accepted'],
    registers,
  });
  return {
    message: (way, result) => messages.inc({ way, result }),
    decision: (via, decision, accepted) => decisions.inc({ via, decision, accepted: String(accepted) }),
  };
}
