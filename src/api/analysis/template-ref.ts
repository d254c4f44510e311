import { z } from 'zod';
import { ObjectName } from '../meta.ts';
import { listMap, matching, rules } from '../rules.ts';

/** Name of a source of metrics. */
export const SourceName = matching(
  /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
  63,
  'must be the name of a source of metrics: write lower-case letters, digits and "-"',
);

const KEY = String.raw`[a-zA-Z0-9]([-a-zA-Z0-9_./]*[a-zA-Z0-9])?`;
const FIELD_PATH = new RegExp(
  String.raw`^(metadata\.(name|namespace)|(spec\.template\.)?metadata\.(labels|annotations)\[\x27${KEY}\x27\])$`,
);

const NO_SECRETS =
  'secretKeyRef is refused: a query is stored in the Release and in the log of Prometheus, where no Secret may be. Credentials belong to the source: --prometheus-bearer-token-file, or a file of --metrics-sources';
const ONE_FIELD = 'must have fieldPath';

/** Where the value of an argument comes from. */
const ArgumentSource = z
  .object({
    fieldPath: matching(
      FIELD_PATH,
      512,
      "must be metadata.name, metadata.namespace, or a label or annotation such as spec.template.metadata.labels['version']",
    )
      .optional()
      .describe(
        "Field of the Deployment: metadata.name, metadata.namespace, metadata.labels['KEY'], metadata.annotations['KEY'], or either of spec.template. Read when the release begins.",
      ),
    secretKeyRef: z
      .object({
        name: z.string().max(253).describe('Name of a Secret.'),
        key: z.string().max(253).describe('Key in it.'),
      })
      .optional()
      .describe('Refused, with the reason and the alternative.'),
  })
  .refine(({ secretKeyRef }) => secretKeyRef === undefined, NO_SECRETS)
  .refine(({ fieldPath, secretKeyRef }) => fieldPath !== undefined || secretKeyRef !== undefined, ONE_FIELD)
  .meta(
    rules(
      { rule: '!has(self.secretKeyRef)', message: NO_SECRETS },
      { rule: 'has(self.fieldPath) || has(self.secretKeyRef)', message: ONE_FIELD },
    ),
  );

const ONE_VALUE = 'must have exactly one of value and valueFrom';

/** The value of one argument. */
const Argument = z
  .object({
    name: z.string().min(1).max(63).describe('Name of the argument.'),
    value: z.string().max(1024).optional().describe('Its value.'),
    valueFrom: ArgumentSource.optional().describe('Where its value is read.'),
  })
  .refine(({ value, valueFrom }) => (value === undefined) !== (valueFrom === undefined), ONE_VALUE)
  .meta(rules({ rule: 'has(self.value) != has(self.valueFrom)', message: ONE_VALUE }));

/** An argument that a template has, with its default. */
export const Parameter = z
  .object({
    name: z.string().min(1).max(63).describe('Used as {{args.NAME}}.'),
    value: z.string().max(1024).optional().describe('Default. Without one the Rollout must give a value.'),
    valueFrom: ArgumentSource.optional().describe('Where the default is read.'),
  })
  .refine(
    ({ value, valueFrom }) => value === undefined || valueFrom === undefined,
    'must have at most one of value and valueFrom',
  )
  .meta(
    rules({
      rule: '!has(self.value) || !has(self.valueFrom)',
      message: 'must have at most one of value and valueFrom',
    }),
  );
export type Parameter = z.infer<typeof Parameter>;

/** An analysis template to apply, with its arguments. */
export const TemplateRef = z.object({
  name: ObjectName.describe('Name of the template.'),
  kind: z
    .enum(['AnalysisTemplate', 'ClusterAnalysisTemplate'])
    .default('ClusterAnalysisTemplate')
    .describe('AnalysisTemplate is read from the namespace of the Rollout.'),
  args: z
    .array(Argument)
    .max(32)
    .meta(listMap('name'))
    .optional()
    .describe('Values for the arguments of the template.'),
  only: z
    .array(z.string().min(1).max(63))
    .min(1)
    .max(16)
    .meta({ 'x-kubernetes-list-type': 'set' })
    .optional()
    .describe('Names of the metrics to take. Default: all.'),
  source: SourceName.optional().describe(
    'Source that its metrics are read from, in place of the source that they name. Default: the source that the controller is set to.',
  ),
});
export type TemplateRef = z.infer<typeof TemplateRef>;
