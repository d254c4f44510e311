import type { Parameter, TemplateRef } from '../../api/analysis/template-ref.ts';
import type { Problem } from '../reasons.ts';
import { type Lookup, regexLiteral } from './variable.ts';

/** The value of a field of the Deployment by its path, or undefined. */
export type Fields = (path: string) => string | undefined;

/** The value of one argument. A value read from a field is data: in a pattern it is taken literally. */
interface Value {
  readonly text: string;
  readonly literal: boolean;
}

/** The values of all arguments of a template. */
export type Arguments = ReadonlyMap<string, Value>;

/** Maximum length of a value read from a field. */
const LONGEST = 1_024;
const INNER = /\{\{\s*args\.([^{}]*?)\s*\}\}/g;

type Given = Omit<Parameter, 'name'>;

function fromField(path: string, fields: Fields): Value | string {
  const text = fields(path);
  if (text === undefined) return `the Deployment has no ${path}; set it there, or give a value`;
  return text.length > LONGEST
    ? `${path} of the Deployment is longer than ${LONGEST} characters`
    : { text, literal: true };
}

/** A value with the arguments of the including template filled in; a text says why it is invalid. */
function valueOf({ value, valueFrom }: Given, outer: Arguments, fields: Fields): Value | string | undefined {
  if (valueFrom?.fieldPath !== undefined) return fromField(valueFrom.fieldPath, fields);
  if (value === undefined) return undefined;
  const names = [...value.matchAll(INNER)].map(([, name = '']) => name);
  const stranger = names.find((name) => !outer.has(name));
  if (stranger !== undefined) return `the variable {{args.${stranger}}} is not known there`;
  const text = value.replaceAll(INNER, (_, name: string) => outer.get(name)?.text ?? '');
  // A field that is passed on unchanged stays data.
  const whole = names.length === 1 && value.replace(INNER, '') === '';
  return { text, literal: whole && outer.get(names[0] ?? '')?.literal === true };
}

/**
 * The values of a template's arguments: the given ones, else its defaults. `place` is for messages; `outer` are the
 * arguments of the including template.
 */
export function argumentsOf(
  place: string,
  ref: TemplateRef,
  parameters: readonly Parameter[],
  outer: Arguments,
  fields: Fields,
): Arguments | Problem {
  const given = new Map((ref.args ?? []).map((one) => [one.name, one]));
  const stranger = [...given.keys()].find((name) => !parameters.some((one) => one.name === name));
  if (stranger !== undefined) {
    const names = parameters.map(({ name }) => name).join(', ') || 'none';
    const message = `${place}: it has no argument ${stranger}; its arguments: ${names}`;
    return { reason: 'UnknownArgument', message };
  }
  const values = new Map<string, Value>();
  for (const parameter of parameters) {
    const { name } = parameter;
    const chosen = given.get(name);
    const value =
      chosen === undefined ? valueOf(parameter, new Map(), fields) : valueOf(chosen, outer, fields);
    if (value === undefined) {
      const message = `${place}: the argument ${name} has no default; give it under args`;
      return { reason: 'MissingArgument', message };
    }
    if (typeof value === 'string')
      return { reason: 'InvalidArgument', message: `${place}: the argument ${name}: ${value}` };
    values.set(name, value);
  }
  return values;
}

/** The arguments as variables of a query. */
export function argumentLookup(values: Arguments): Lookup {
  return (name, { pattern }) => {
    const value = name.startsWith('args.') ? values.get(name.slice(5)) : undefined;
    return value === undefined || !pattern || !value.literal ? value?.text : regexLiteral(value.text);
  };
}
