import { assert, constantFrom, dictionary, integer, oneof, option, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Schema } from '../generate/schema.ts';
import { additions, incompatible } from './schema-changes.ts';

const ONE: Schema = { type: 'object', properties: { one: { type: 'string' } } };
const rule = (text: string): Schema => ({ 'x-kubernetes-validations': [{ rule: text, message: 'm' }] });

describe('changes of a schema that are not compatible', () => {
  it.each<[string, Schema, Schema, string[]]>([
    ['a field that goes', ONE, { type: 'object', properties: {} }, ['one: is gone']],
    ['another type', { type: 'string' }, { type: 'integer' }, [': type is "integer" and was "string"']],
    ['another format', { format: 'int64' }, { format: 'int32' }, [': format is "int32" and was "int64"']],
    ['a new required field', ONE, { ...ONE, required: ['one'] }, [': one is required']],
    ['a new pattern', {}, { pattern: 'a' }, [': pattern is "a" and was none']],
    ['a lower limit', { maxLength: 9 }, { maxLength: 8 }, [': maxLength is 8 and was 9']],
    ['a limit where none was', {}, { minItems: 1 }, [': minItems is 1 and was none']],
    ['a value that goes', { enum: ['a', 'b'] }, { enum: ['a'] }, [': "b" is not allowed any more']],
    ['values where all were allowed', {}, { enum: ['a'] }, [': only ["a"] are allowed']],
    ['a new rule', rule('a'), rule('b'), [': a rule is new: b']],
    ['another default', { default: 1 }, { default: 2 }, [': the default is 2 and was 1']],
    [
      'another kind of list',
      { 'x-kubernetes-list-type': 'map' },
      { 'x-kubernetes-list-type': 'atomic' },
      [': x-kubernetes-list-type is "atomic" and was "map"'],
    ],
    [
      'unknown fields that are dropped',
      { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      { type: 'object' },
      [': unknown fields are dropped'],
    ],
    ['something in a list', { items: ONE }, { items: { type: 'object' } }, ['[].one: is gone']],
    [
      'something in a map',
      { additionalProperties: { maximum: 2 } },
      { additionalProperties: { maximum: 1 } },
      ['{}: maximum is 1 and was 2'],
    ],
    ['a new field', { type: 'object' }, ONE, []],
    ['a field that becomes optional', { ...ONE, required: ['one'] }, ONE, []],
    ['a higher limit', { maximum: 1, minLength: 2 }, { maximum: 2, minLength: 1 }, []],
    ['a pattern and a limit that go', { pattern: 'a', maxItems: 2 }, {}, []],
    ['a further value', { enum: ['a'] }, { enum: ['a', 'b'] }, []],
    ['a rule that goes', rule('a'), {}, []],
    ['another description', { description: 'a' }, { description: 'b' }, []],
    [
      'a field that is kept as any other',
      ONE,
      { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      [],
    ],
  ])('%s', (_what, before, after, expected) => {
    expect(incompatible(before, after).map(({ path, what }) => `${path}: ${what}`)).toEqual(expected);
  });

  it('are none within one schema, and none or all of a field that goes again', () => {
    const leaf = oneof(
      record({ type: constantFrom('string', 'integer'), maximum: integer({ min: 0 }) }),
      record({ type: constantFrom('string'), enum: constantFrom(['a'], ['a', 'b']) }),
    );
    const schemas = record({
      type: constantFrom('object'),
      properties: dictionary(constantFrom('a', 'b', 'c'), leaf),
      items: option(leaf, { nil: undefined }),
    });
    assert(
      property(schemas, schemas, (before, after) => {
        const gone = incompatible(before as Schema, after as Schema).filter(({ what }) => what === 'is gone');
        const fresh = additions(after as Schema, before as Schema).filter(({ what }) => what === 'is new');
        expect(incompatible(before as Schema, before as Schema)).toEqual([]);
        expect(fresh.map(({ path }) => path).toSorted()).toEqual(gone.map(({ path }) => path).toSorted());
      }),
    );
  });
});

describe('additions', () => {
  it.each<[string, Schema, Schema, string[]]>([
    ['a field', { type: 'object' }, ONE, ['one: is new']],
    ['a value', { enum: ['a'] }, { enum: ['a', 'b'] }, [': "b" is new']],
    ['a field in a list', { items: { type: 'object' } }, { items: ONE }, ['[].one: is new']],
    ['nothing of what is kept whole', { 'x-kubernetes-preserve-unknown-fields': true }, ONE, []],
    ['nothing of what goes', ONE, { type: 'object' }, []],
  ])('are %s', (_what, before, after, expected) => {
    expect(additions(before, after).map(({ path, what }) => `${path}: ${what}`)).toEqual(expected);
  });
});
