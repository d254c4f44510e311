import { matching } from '../rules.ts';

const SUFFIX: Readonly<Record<string, number>> = {
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
};
const PATTERN = /^([0-9]+(?:\.[0-9]+)?)(m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?$/;

/** An amount of a resource as Kubernetes users write it. `quantityOf` turns it into a number. */
export const Quantity = matching(PATTERN, 32, 'must be an amount: write it like 2, 500m or 16Gi');

/** The number of an amount; 0 for other texts. Exponents are not supported. */
export function quantityOf(text: unknown): number {
  const [, digits = '0', suffix = ''] = PATTERN.exec(String(text)) ?? [];
  return Number(digits) * (SUFFIX[suffix] ?? 1);
}
