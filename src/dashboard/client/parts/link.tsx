import type { ComponentChildren } from 'preact';
import { go } from '../route.ts';

interface LinkProps {
  readonly href: string;
  readonly children: ComponentChildren;
  readonly title?: string;
  readonly class?: string;
  readonly 'aria-current'?: 'page' | undefined;
}

/** A link to a page of the dashboard, which opens without loading everything again. */
export function Link({ href, children, ...more }: LinkProps) {
  const open = (event: MouseEvent): void => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    go(href);
    window.scrollTo(0, 0);
  };
  return (
    <a href={href} onClick={open} {...more}>
      {children}
    </a>
  );
}
