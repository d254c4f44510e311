import { expect, it } from 'vitest';
import type { Arguments } from './argument.ts';
import { filled } from './fill.ts';

const args: Arguments = new Map([
  ['dataset', { text: 's3://data/"v1"', literal: false }],
  ['model', { text: '$& {{args.dataset}}', literal: true }],
]);

it.each<[unknown, unknown]>([
  [{ args: ['--data={{args.dataset}}'] }, { args: ['--data=s3://data/"v1"'] }],
  [{ a: { b: ['{{ args.model }}', 1, null, true] } }, { a: { b: ['$& {{args.dataset}}', 1, null, true] } }],
  [{ '{{args.dataset}}': 'x' }, { '{{args.dataset}}': 'x' }],
  ['{{ .Values.x }} {{x}}', '{{ .Values.x }} {{x}}'],
])('%j', (data, wanted) => {
  expect(filled(data, args)).toEqual({ data: wanted });
});

it('names what is not known', () => {
  expect(filled({ a: ['{{args.datset}}'] }, args)).toEqual({
    problem: 'the variable {{args.datset}} is not known; known are args.dataset, args.model',
  });
});
