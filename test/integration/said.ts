import { expect } from 'vitest';
import { conditionOf, receivedMessagesOf } from '../../hack/testbed/evidence/received-messages.ts';
import { MODEL } from '../../hack/testbed/model.ts';
import type { Site } from '../../hack/testbed/site.ts';
import { until } from '../../hack/testbed/until.ts';

/** Opts the Deployment in and waits until it is under the gate, whatever is wrong with it. */
export async function optIn(site: Site, annotations: Readonly<Record<string, string>>): Promise<void> {
  await site.annotate(annotations);
  await until('it is under the gate', async () => {
    const { metadata } = (await site.deployment()).object;
    return metadata.annotations?.['sluice.dev/gate'] === MODEL;
  });
}

/** The Deployment says it in a condition, and it and the Rollout have a warning of the same words. */
export async function expectSaid(site: Site, reason: string, says: readonly string[]): Promise<void> {
  const { api } = site;
  const shown = await until(`the Deployment shows ${reason}`, async () => {
    const condition = conditionOf((await site.deployment()).object, 'SluiceReady');
    return condition?.reason === reason ? condition : null;
  });
  expect(shown.status).toBe('False');
  const warning = await until(`the Deployment reports ${reason}`, async () =>
    (await receivedMessagesOf(api, 'Deployment', MODEL)).find((one) => one.reason === reason),
  );
  expect(warning.type).toBe('Warning');
  for (const text of says) {
    expect(shown.message).toContain(text);
    expect(warning.note).toContain(text);
  }
}
