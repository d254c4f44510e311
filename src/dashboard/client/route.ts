import { useEffect, useState } from 'preact/hooks';

/** A page. */
export type Route =
  | { readonly page: 'fleet' }
  | { readonly page: 'rollout'; readonly namespace: string; readonly name: string }
  | { readonly page: 'release'; readonly namespace: string; readonly name: string }
  | { readonly page: 'none' };

/** The page of a path: `/`, `/rollouts/NAMESPACE/NAME` or `/releases/NAMESPACE/NAME`. */
export function routeOf(path: string): Route {
  const [first = '', namespace = '', name = '', ...more] = path.split('/').slice(1).map(decodeURIComponent);
  if (first === '') return { page: 'fleet' };
  if (namespace === '' || name === '' || more.length > 0) return { page: 'none' };
  if (first === 'rollouts') return { page: 'rollout', namespace, name };
  return first === 'releases' ? { page: 'release', namespace, name } : { page: 'none' };
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
