import type { Field } from '../ledger/ledger.ts';

const HASH = '{{hash}}';

/** A fieldPath of the source as Sluice has it, or null. */
function fieldPathOf(path: string): string | null {
  return /^metadata\.(?:name|namespace)$|^(?:spec\.template\.)?metadata\.(?:labels|annotations)\['[^']+'\]$/.test(
    path,
  )
    ? path
    : null;
}

/** The value of an argument, as Sluice's arguments have it. */
export function argumentOf(arg: Field, to: string): Readonly<Record<string, unknown>> | null {
  const [value, from] = [arg.at('value').text(), arg.at('valueFrom')];
  arg.at('value').keep(to);
  const hash = from.at('podTemplateHashValue');
  if (hash.isGiven && hash.value === 'Latest') {
    hash.remark('is {{hash}}: of the version that a query is asked for', to);
    return { value: HASH };
  }
  hash.refuse(
    'a query is asked for canary and stable in turn, with {{hash}} of each; compare by maxIncrease of errors or latency',
  );
  from
    .at('secretKeyRef')
    .refuse(
      'a query stands in the Release and in the log of Prometheus, where no Secret may be: credentials belong to the source (--metrics-sources), to webhook.token, or to the pod of a Job',
    );
  const path = from.at('fieldRef', 'fieldPath');
  const found = typeof path.value === 'string' ? fieldPathOf(path.value) : null;
  if (found !== null) {
    path.remark('is read from the Deployment', to);
    return { valueFrom: { fieldPath: found } };
  }
  path.refuse(
    "only metadata.name, metadata.namespace, and a label or annotation can be read: write the value, or put it into a label such as metadata.labels['model']",
  );
  return value === undefined ? null : { value: value.slice(0, 1_024) };
}
