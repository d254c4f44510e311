import type { Tracing } from '../../src/ports/telemetry.ts';
import type { Span } from '../../src/release/trace/spans.ts';

/** Takes all spans instead of sending them. */
export function takeTraces(): Tracing & { readonly spans: readonly Span[] } {
  const spans: Span[] = [];
  return {
    spans,
    isOn: true,
    emit: (some) => spans.push(...some()),
    within: (_span, work) => work(),
    requested: () => {},
    stop: () => Promise.resolve(),
  };
}

/** What is wrong with the spans of whatever has happened; a crash may lose some, and a second try may send some twice. */
export function wrongSpans(spans: readonly Span[]): string[] {
  const first = new Map<string, Span>();
  return spans.flatMap((span) => {
    const { trace, id, name, from, to } = span;
    const known = first.get(`${trace} ${id}`) ?? span;
    first.set(`${trace} ${id}`, known);
    return [
      ...(Number.isFinite(from) && to >= from
        ? []
        : [`span ${name} ends before it begins: ${from} to ${to}`]),
      ...(known.name === name && known.from === from ? [] : [`spans ${known.name} and ${name} have one id`]),
    ];
  });
}
