import type { KubeObject } from '../../api/meta.ts';
import type { Connection } from './connection.ts';
import { isCode } from './failure.ts';
import { pathOf, type Resource } from './resource.ts';
import { type Call, type ClientOptions, type Query, Sender, type WatchOptions } from './sender.ts';
import type { WatchEvent } from './watch.ts';

/** A page of a list. */
export interface ListPage {
  readonly items: KubeObject[];
  readonly resourceVersion: string;
  /** Token of the next page; undefined on the last page. */
  readonly continue: string | undefined;
}

const PATCH_TYPES = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

/** An object, or a part of one, by name. */
export interface Place {
  readonly namespace?: string | undefined;
  readonly name: string;
  readonly subresource?: string;
}

/**
 * The API server as raw JSON: unknown fields survive reads and writes. All failures are a `SluiceError` with the API
 * server's own message.
 */
export interface KubeClient {
  /** The object, or null if there is none. */
  get(resource: Resource, place: Place): Promise<KubeObject | null>;
  /** One page of the objects of a namespace, or of all. An unknown kind is KUBERNETES_NOT_FOUND. */
  list(resource: Resource, namespace: string | undefined, query?: Query): Promise<ListPage>;
  create(resource: Resource, object: KubeObject, query?: Query): Promise<KubeObject>;
  /** PUT: fails with KUBERNETES_CONFLICT unless the object's resourceVersion is the newest. */
  replace(resource: Resource, object: KubeObject): Promise<KubeObject>;
  patch(
    resource: Resource,
    place: Place,
    type: keyof typeof PATCH_TYPES,
    body: unknown,
    query?: Query,
  ): Promise<KubeObject>;
  /**
   * Deletes. Returns the object if it stays for now (finalizers), null if it is gone. `options` is Kubernetes'
   * DeleteOptions.
   */
  remove(resource: Resource, place: Place, options?: object): Promise<KubeObject | null>;
  /** The events after `query.resourceVersion`; ends when the server closes the watch. */
  watch(
    resource: Resource,
    namespace: string | undefined,
    query: Query,
    options: WatchOptions,
  ): AsyncIterable<WatchEvent>;
}

function pageOf(resource: Resource, text: string): ListPage {
  const list = JSON.parse(text) as {
    metadata?: { resourceVersion?: string; continue?: string };
    items?: KubeObject[] | null;
    apiVersion: string;
  };
  const items = list.items ?? [];
  // Items in a list of a built-in kind lack apiVersion and kind.
  for (const item of items) {
    item.apiVersion ??= list.apiVersion;
    item.kind ??= resource.kind;
  }
  const next = list.metadata?.continue;
  return {
    items,
    resourceVersion: list.metadata?.resourceVersion ?? '',
    continue: next === '' ? undefined : next,
  };
}

/** Maximum number of objects on a page. */
const PAGE = 500;

/** All objects of a namespace, or of all, page by page; stops after the page on which there are `most`. */
export async function listAll(
  client: Pick<KubeClient, 'list'>,
  resource: Resource,
  namespace: string | undefined,
  query: Query = {},
  most = Infinity,
): Promise<KubeObject[]> {
  const items: KubeObject[] = [];
  let next: string | undefined;
  do {
    const page = await client.list(resource, namespace, { ...query, limit: PAGE, continue: next });
    items.push(...page.items);
    next = page.continue;
  } while (next !== undefined && items.length < most);
  return items;
}

/** Creates the client. All requests and watches use the connection's pool. */
export function createKubeClient(connection: Connection, options: ClientOptions): KubeClient {
  const sender = new Sender(connection, options);
  const object = async (call: Call): Promise<KubeObject> => JSON.parse(await sender.send(call)) as KubeObject;
  return {
    get: (resource, place) => {
      const path = pathOf(resource, place);
      return object({ verb: 'get', method: 'GET', resource, path }).catch(nullWhereMissing);
    },
    list: async (resource, namespace, query = {}) => {
      const path = pathOf(resource, { namespace });
      return pageOf(resource, await sender.send({ verb: 'list', method: 'GET', resource, path, query }));
    },
    create: (resource, body, query = {}) => {
      const path = pathOf(resource, { namespace: body.metadata.namespace });
      return object({ verb: 'create', method: 'POST', resource, path, body, query });
    },
    replace: (resource, body) =>
      object({ verb: 'update', method: 'PUT', resource, path: pathOf(resource, body.metadata), body }),
    patch: (resource, place, type, body, query = {}) => {
      const path = pathOf(resource, place);
      const contentType = PATCH_TYPES[type];
      return object({ verb: 'patch', method: 'PATCH', resource, path, body, contentType, query });
    },
    remove: async (resource, place, body) => {
      const path = pathOf(resource, place);
      const answer = await object({ verb: 'delete', method: 'DELETE', resource, path, body });
      return answer.kind === 'Status' ? null : answer;
    },
    watch: (resource, namespace, query, limits) => {
      const call: Call = { verb: 'watch', method: 'GET', resource, path: pathOf(resource, { namespace }) };
      return sender.watch({ ...call, query: { ...query, watch: true } }, limits);
    },
  };
}

function nullWhereMissing(error: unknown): null {
  if (isCode(error, 'KUBERNETES_NOT_FOUND')) return null;
  throw error;
}
