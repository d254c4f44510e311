import { useEffect, useState } from 'preact/hooks';

/** The pages about a Rollout, beside its current release. */
export const TABS = ['release', 'history', 'policy'] as const;
export type Tab = (typeof TABS)[number];

/** A page. */
export type Route =
  | { readonly page: 'fleet' }
  | { readonly page: 'manual' }
  | { readonly page: 'rollout'; readonly namespace: string; readonly name: string; readonly tab: Tab }
  | { readonly page: 'release'; readonly namespace: string; readonly name: string }
  | { readonly page: 'none' };

const NONE: Route = { page: 'none' };

/** The parts of a path; null if they are not escaped as they should be. */
function partsOf(path: string): readonly string[] | null {
  try {
    return path.split('/').slice(1).map(decodeURIComponent);
  } catch {
    return null;
  }
}

function ofObject(kind: string, namespace: string, name: string, tab: string): Route {
  if (namespace === '' || name === '') return NONE;
  if (kind === 'releases') return tab === '' ? { page: 'release', namespace, name } : NONE;
  if (kind !== 'rollouts') return NONE;
  if (tab === '') return { page: 'rollout', namespace, name, tab: 'release' };
  return tab === 'history' || tab === 'policy' ? { page: 'rollout', namespace, name, tab } : NONE;
}

/** The page of a path: `/`, `/manual`, `/rollouts/NAMESPACE/NAME` (with a tab behind it) or `/releases/NAMESPACE/NAME`. */
export function routeOf(path: string): Route {
  const parts = partsOf(path);
  if (parts === null) return NONE;
  const [first = '', namespace = '', name = '', tab = '', ...more] = parts;
  if (first === '') return { page: 'fleet' };
  if (first === 'manual' && namespace === '') return { page: 'manual' };
  return more.length > 0 ? NONE : ofObject(first, namespace, name, tab);
}

/** The path of a page about an object. */
export function pathTo(kind: 'rollouts' | 'releases', namespace: string, name: string): string {
  return `/${kind}/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`;
}

const CHANGED = 'sluice:path';

/** Goes to a path without loading the page again. */
export function go(path: string, replace = false): void {
  if (replace) history.replaceState(null, '', path);
  else history.pushState(null, '', path);
  window.dispatchEvent(new Event(CHANGED));
}

/** Path and query of the page as they are now. */
export function useLocation(): { readonly path: string; readonly query: URLSearchParams } {
  const [href, setHref] = useState(location.href);
  useEffect(() => {
    const change = (): void => setHref(location.href);
    for (const name of [CHANGED, 'popstate']) window.addEventListener(name, change);
    return () => {
      for (const name of [CHANGED, 'popstate']) window.removeEventListener(name, change);
    };
  }, []);
  const { pathname, searchParams } = new URL(href);
  return { path: pathname, query: searchParams };
}
