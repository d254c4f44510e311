import type { Notification } from '../../ports/notifier.ts';

/** `WaitingForApproval` as `waiting-for-approval`. */
function kebab(word: string): string {
  return word.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase();
}

/** A message as a CloudEvents 1.0 event in JSON (structured mode); its id is the idempotency key. */
export function cloudEvent(message: Notification): object {
  const {
    id,
    at,
    severity,
    namespace,
    release,
    gate,
    reason,
    text,
    asks,
    traceparent,
    picture: _picture,
    ...rest
  } = message;
  const asked = gate !== null && asks;
  return {
    specversion: '1.0',
    id,
    source: `/sluice.dev/namespaces/${namespace}/releases/${release}`,
    type: asked ? 'dev.sluice.approval.requested' : `dev.sluice.release.${kebab(reason)}`,
    subject: release,
    time: at,
    datacontenttype: 'application/json',
    severity,
    // The extension for distributed tracing.
    ...(traceparent === null ? {} : { traceparent }),
    data: {
      reason,
      message: text,
      namespace,
      release,
      ...rest,
      ...(gate === null ? {} : { gate: { name: gate.subject.gate, quorum: gate.quorum, ...gate.links } }),
    },
  };
}
