import type { Tracing } from '../../ports/telemetry.ts';

/** Traces that nobody receives. */
export const NO_TRACING: Tracing = {
  isOn: false,
  emit: () => {},
  within: (_span, work) => work(),
  requested: () => {},
  stop: () => Promise.resolve(),
};
