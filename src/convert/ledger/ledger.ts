import { isFields, leavesOf, type Path, pathText } from './path.ts';
import { OUTCOMES, type Outcome, type Row } from './report.ts';

/** What becomes of a field. */
interface Entry {
  readonly path: Path;
  readonly outcome: Outcome;
  readonly to?: string;
  readonly message?: string;
}

/** A field of a source object, which a rule accounts for when it has read it. */
export interface Field {
  readonly path: Path;
  /** Undefined where it is not given or null. */
  readonly value: unknown;
  readonly isGiven: boolean;
  at(...keys: readonly (string | number)[]): Field;
  /** The items of a list; none of anything else. */
  items(): readonly Field[];
  /** The values of a map by their keys; none of anything else. */
  entries(): readonly (readonly [string, Field])[];
  /** Its value, if it is of the type; else it is refused, if it is given at all. */
  text(): string | undefined;
  number(): number | undefined;
  flag(): boolean | undefined;
  /** It means the same at its new place. */
  keep(to: string): void;
  /** It has a new place, or none is needed, and something is different. */
  remark(message: string, to?: string): void;
  /** It has no counterpart; the message says what to do. */
  refuse(message: string): void;
}

/** Accounts for every value of one object: what no rule has read is unknown. */
export interface Ledger {
  readonly root: Field;
  /** Something about the object as a whole. */
  note(message: string): void;
  refuse(message: string): void;
  /** In the order of the object; fields of which nothing is left to say are left out. */
  rows(): readonly Row[];
}

const UNKNOWN =
  'is not known to sluice convert, so it is not carried over: check what it does, and map it by hand';
const rank = (entry: Entry | undefined): number =>
  entry === undefined ? -1 : OUTCOMES.indexOf(entry.outcome);
const startsWith = (path: Path, prefix: Path): boolean => prefix.every((part, index) => path[index] === part);

function valueAt(value: unknown, key: string | number): unknown {
  const inner =
    typeof key === 'number'
      ? Array.isArray(value)
        ? value[key]
        : undefined
      : isFields(value) && Object.hasOwn(value, key)
        ? value[key]
        : undefined;
  return inner ?? undefined;
}

type Mark = (entry: Entry) => void;

function typed<T>(field: Field, isOf: (value: unknown) => value is T, name: string): T | undefined {
  if (!field.isGiven) return undefined;
  if (isOf(field.value)) return field.value;
  field.refuse(`must be ${name}: correct it in the source first`);
  return undefined;
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const isFlag = (value: unknown): value is boolean => typeof value === 'boolean';

const isEmpty = (value: unknown): boolean =>
  Array.isArray(value) ? value.length === 0 : isFields(value) && Object.keys(value).length === 0;

/** A rule enters a field: if it holds nothing, it is known by that, and a field of another shape is refused. */
function enter(
  { path, value, isGiven }: Pick<Field, 'path' | 'value' | 'isGiven'>,
  mark: Mark,
  isList: boolean,
): void {
  if (!isGiven) return;
  if (isList ? !Array.isArray(value) : !isFields(value))
    mark({
      path,
      outcome: 'refused',
      message: `must be a ${isList ? 'list' : 'map'}: correct it in the source first`,
    });
  else if (isEmpty(value)) mark({ path, outcome: 'mapped' });
}

function childOf(path: Path, value: unknown, key: string | number, mark: Mark): Field {
  enter({ path, value, isGiven: value !== undefined }, mark, typeof key === 'number');
  return fieldOf([...path, key], valueAt(value, key), mark);
}

function fieldOf(path: Path, value: unknown, mark: Mark): Field {
  const field: Field = {
    path,
    value,
    isGiven: value !== undefined,
    at: (...keys) => keys.reduce<Field>((one, key) => childOf(one.path, one.value, key, mark), field),
    items: () => {
      enter(field, mark, true);
      return Array.isArray(value) ? value.map((_, index) => field.at(index)) : [];
    },
    entries: () => {
      enter(field, mark, false);
      return isFields(value) ? Object.keys(value).map((key) => [key, field.at(key)] as const) : [];
    },
    text: () => typed(field, isText, 'a text'),
    number: () => typed(field, isNumber, 'a number'),
    flag: () => typed(field, isFlag, 'true or false'),
    keep: (to) => mark({ path, outcome: 'mapped', to }),
    remark: (message, to) => mark({ path, outcome: 'remark', message, ...(to !== undefined && { to }) }),
    refuse: (message) => mark({ path, outcome: 'refused', message }),
  };
  return field;
}

function rowOf({ path, ...rest }: Entry, values: number): Row {
  return { field: pathText(path), values, ...rest };
}

/** A ledger of an object. The worst that was said of a value counts. */
export function openLedger(object: unknown): Ledger {
  const leaves = leavesOf(object);
  const fates: (Entry | undefined)[] = leaves.map(() => undefined);
  const notes: Entry[] = [];
  const mark = (entry: Entry): void => {
    for (const [index, leaf] of leaves.entries())
      if (startsWith(leaf, entry.path) && rank(entry) > rank(fates[index])) fates[index] = entry;
  };
  return {
    root: fieldOf([], object, mark),
    note: (message) => notes.push({ path: [], outcome: 'remark', message }),
    refuse: (message) => notes.push({ path: [], outcome: 'refused', message }),
    rows: () => {
      const counts = new Map<Entry, number>(notes.map((note) => [note, 0]));
      for (const [index, leaf] of leaves.entries()) {
        const fate = fates[index] ?? { path: leaf, outcome: 'unknown', message: UNKNOWN };
        counts.set(fate, (counts.get(fate) ?? 0) + 1);
      }
      return [...counts].map(([entry, values]) => rowOf(entry, values));
    },
  };
}
