/** Characters that XML allows in a text, and that a font of Latin letters has. */
const DRAWN = /[^\u0020-\u007e\u00a1-\u00ff\u2013\u2014\u2026\u2264]/gu;

/** A text of an object as XML: escaped, without what no font has, and at most this long. */
export function svgText(text: string, most: number): string {
  const short = text.length > most ? `${text.slice(0, most - 1)}…` : text;
  return short
    .replace(DRAWN, '?')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

const rounded = (value: number): number => Math.round(value * 10) / 10;

/** A pixel as SVG has it. */
export type Place = readonly [x: number, y: number];

const placeText = ([x, y]: Place): string => `${rounded(x)},${rounded(y)}`;

/** A line through places; nothing for fewer than two. */
export function line(places: readonly Place[], stroke: string, more = ''): string {
  return places.length < 2
    ? ''
    : `<polyline fill="none" stroke="${stroke}" ${more} points="${places.map(placeText).join(' ')}"/>`;
}

/** A filled area. */
export function area(places: readonly Place[], fill: string): string {
  return places.length < 3 ? '' : `<polygon fill="${fill}" points="${places.map(placeText).join(' ')}"/>`;
}

/** A text at a place. */
export function label([x, y]: Place, text: string, more = ''): string {
  return `<text x="${rounded(x)}" y="${rounded(y)}" ${more}>${text}</text>`;
}
