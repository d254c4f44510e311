import type { KubeObject } from '../../../src/api/meta.ts';
import { addresses } from '../addresses.ts';

/** Name of the configuration by which the API server asks istiod about Istio's objects, as Istio's own chart calls it. */
export const VALIDATOR = 'istiod-default-validator';

/** Where istiod answers. */
export const VALIDATOR_URL = `https://127.0.0.1:${addresses.ports.istiodWebhook}/validate`;

interface Validator {
  readonly name: string;
  /** Base64 of the PEM of the authority that istiod's certificate is trusted by. */
  readonly authority: string;
  readonly url?: string;
  /** Only objects of this namespace; all unless named. */
  readonly namespace?: string;
}

/**
 * A webhook with which istiod validates all of Istio's objects, as Istio's chart installs it. The label lets istiod
 * keep the authority of its own webhook up to date.
 */
export function validatorConfiguration({ name, authority, url, namespace }: Validator): KubeObject {
  const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': namespace } };
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name, ...(name === VALIDATOR ? { labels: { 'istio.io/rev': 'default' } } : {}) },
    webhooks: [
      {
        name: 'validation.istio.io',
        clientConfig: { url: url ?? VALIDATOR_URL, caBundle: authority },
        rules: [
          {
            operations: ['CREATE', 'UPDATE'],
            apiGroups: [
              'security.istio.io',
              'networking.istio.io',
              'telemetry.istio.io',
              'extensions.istio.io',
            ],
            apiVersions: ['*'],
            resources: ['*'],
          },
        ],
        ...(namespace === undefined ? {} : { namespaceSelector }),
        failurePolicy: 'Fail',
        sideEffects: 'None',
        admissionReviewVersions: ['v1'],
      },
    ],
  };
}
