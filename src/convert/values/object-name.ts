import { NAME_PATTERN } from '../../api/meta.ts';
import type { Field } from '../ledger/ledger.ts';

/** The name of an object in a field; refused if it could be none. */
export function nameIn(field: Field): string | undefined {
  const text = field.text();
  if (text === undefined) return undefined;
  if (text.length <= 253 && NAME_PATTERN.test(text)) return text;
  field.refuse(
    'must be the name of an object in the same namespace: lower-case letters, digits, "-" and "."',
  );
  return undefined;
}
