import { Link } from './link.tsx';

/** A reason, with its page of the manual behind it. */
export function Reason({ reason }: { readonly reason: string }) {
  return <Link href={`/manual?reason=${encodeURIComponent(reason)}`}>{reason}</Link>;
}

/** Markdown of one line: code and links, whose text is enough here. The rest is text. */
export function Inline({ text }: { readonly text: string }) {
  const parts = text.split(/(`[^`]+`|\[[^\]]+\]\([^)]*\))/);
  return (
    <>
      {parts.map((part, at) => {
        // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a text do not move
        if (part.startsWith('`') && part.length > 1) return <code key={at}>{part.slice(1, -1)}</code>;
        return /^\[[^\]]+\]\(/.test(part) ? part.slice(1, part.indexOf('](')) : part;
      })}
    </>
  );
}
