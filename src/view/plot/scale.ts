/** A value range on a stretch of pixels. */
export interface Scale {
  readonly from: number;
  readonly to: number;
  /** The pixel of a value. */
  readonly at: (value: number) => number;
}

/** `first` is the pixel of `from`, `last` that of `to`; a range without extent stands in the middle. */
export function scaleOf(from: number, to: number, first: number, last: number): Scale {
  const span = to - from;
  return {
    from,
    to,
    at: (value) => (span === 0 ? (first + last) / 2 : first + ((value - from) / span) * (last - first)),
  };
}

/** Rates from 0 up to this are drawn: the greatest of the values, with some room above. At least 0.0001. */
export function topOf(rates: readonly number[]): number {
  return Math.max(0.000_1, ...rates.filter(Number.isFinite)) * 1.1;
}

/** Round values from 0 to `top`: three to six of them, at 1, 2 or 5 times a power of ten. */
export function ticksTo(top: number): readonly number[] {
  const raw = top / 3;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = ([5, 2, 1].find((one) => one * power <= raw) ?? 1) * power;
  return Array.from({ length: Math.floor(top / step) + 1 }, (_, index) => index * step);
}
