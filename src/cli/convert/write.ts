import { Document } from 'yaml';
import type { KubeObject } from '../../api/meta.ts';
import type { Row } from '../../convert/ledger/report.ts';
import type { Converted } from '../../convert/output.ts';
import { readDocuments } from '../validation/documents.ts';
import { validate } from '../validation/validate.ts';
import { linesOf } from './lines.ts';

const RULES = { lineWidth: 0 };
const MARK: Readonly<Record<string, string>> = { remark: '', refused: 'REFUSED ', unknown: 'UNKNOWN ' };

/** The comment above the main document of an object: where it is from, and what changes. */
function commentOf({ origin: { peer, kind, namespace, name }, rows }: Converted): string {
  const lines = linesOf(rows).filter(({ text }) => !isOfServer(text));
  const texts = lines.map(({ outcome, text }) => ` ${MARK[outcome] ?? ''}${text}`);
  return [` From ${kind} ${namespace}/${name} of ${peer}.`, ...texts].join('\n');
}

const isOfServer = (message: string): boolean => message.includes('so a manifest has none');

function documentText(object: KubeObject, comment: string | null): string {
  const document = new Document(object, { aliasDuplicateObjects: false });
  if (comment !== null) document.commentBefore = comment;
  return document.toString(RULES);
}

/** The documents of a conversion as YAML, each object's remarks above its last document: the policy, or the template. */
export function manifestsText(all: readonly Converted[]): string {
  const texts = all.flatMap((one) =>
    one.documents.map((object, index) =>
      documentText(object, index === one.documents.length - 1 ? commentOf(one) : null),
    ),
  );
  return texts.join('---\n');
}

function faultRow(field: string, message: string, { kind }: KubeObject): Row {
  const what = field === '' ? kind : `${kind} ${field}`;
  return {
    field: '',
    outcome: 'refused',
    values: 0,
    message: `the ${what} that this would become is not valid, so it is not written: ${message}`,
  };
}

/** The conversion without documents that API server or controller would refuse; what is wrong with them is in the report. */
export function validOnly(
  all: readonly Converted[],
  namespace: string,
  analysis: string,
): readonly Converted[] {
  const sources = all.flatMap((one, index) =>
    one.documents.flatMap(
      (object, at) => readDocuments(`${index}/${at}`, documentText(object, null)).sources,
    ),
  );
  const { findings } = validate(sources, { namespace, analysisTemplate: analysis });
  const wrong = findings.filter(({ severity }) => severity === 'error');
  return all.map((one, index) => {
    const faults = one.documents.map((_, at) => wrong.filter(({ file }) => file === `${index}/${at}`));
    const rows = one.documents.flatMap((object, at) =>
      (faults[at] ?? []).map(({ field, message }) => faultRow(field, message, object)),
    );
    return {
      ...one,
      documents: one.documents.filter((_, at) => (faults[at] ?? []).length === 0),
      rows: [...one.rows, ...rows],
    };
  });
}
