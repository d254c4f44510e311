import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { applyPatch, type Operation } from 'rfc6902';
import type { KubeObject } from '../../src/api/meta.ts';

/** What somebody may do: verbs by the plural of a kind, in one namespace or in all (`*`). */
export interface Grant {
  readonly namespace: string;
  readonly plural: string;
  readonly verbs: readonly string[];
}

/** Somebody with a token. */
export interface Person {
  readonly name: string;
  readonly grants: readonly Grant[];
}

/** A request that came, with who sent it; `watch` is a verb of its own. */
export interface ApiRequest {
  readonly who: string;
  readonly verb: string;
  readonly plural: string;
  readonly namespace: string | undefined;
}

/** An API server in memory over HTTP: people with tokens and rights, reads, watches, JSON patches, reviews of rights. */
export interface ApiServer {
  readonly url: string;
  /** By token. */
  readonly people: Map<string, Person>;
  readonly requests: ApiRequest[];
  /** Watches that are open, by who opened them. */
  watchers(): readonly string[];
  /** Creates or changes an object. The plural is that of the kind. */
  put(plural: string, object: KubeObject): void;
  remove(plural: string, namespace: string, name: string): void;
  get(plural: string, namespace: string, name: string): KubeObject | undefined;
  /** Called before a patch is applied: somebody else may be quicker. */
  beforePatch: () => void;
  /** Answers nothing but this code, and ends all watches. */
  fail(code: number | null): void;
  close(): Promise<void>;
}

interface Watcher {
  readonly who: string;
  readonly plural: string;
  readonly namespace: string | undefined;
  readonly matches: (object: KubeObject) => boolean;
  readonly response: ServerResponse;
}

interface Target {
  readonly plural: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly query: URLSearchParams;
}

const PATH = /^\/(?:api|apis\/[^/]+)\/v[^/]+\/(?:namespaces\/([^/]+)\/)?([a-z]+)(?:\/([^/]+))?$/;

function targetOf(url: string): Target {
  const { pathname, searchParams } = new URL(url, 'http://server');
  const [, namespace, plural = '', name] = PATH.exec(pathname) ?? [];
  return {
    plural,
    namespace,
    name: name === undefined ? undefined : decodeURIComponent(name),
    query: searchParams,
  };
}

function selects(query: URLSearchParams): (object: KubeObject) => boolean {
  const field = query.get('fieldSelector')?.replace('metadata.name=', '');
  const labels = (query.get('labelSelector') ?? '')
    .split(',')
    .filter(Boolean)
    .map((one) => one.split('='));
  return ({ metadata }) =>
    (field === undefined || metadata.name === field) &&
    labels.every(([key = '', value]) => metadata.labels?.[key] === value);
}

function may({ grants }: Person, verb: string, plural: string, namespace: string | undefined): boolean {
  return grants.some(
    (grant) =>
      (grant.namespace === '*' || grant.namespace === namespace) &&
      (grant.plural === '*' || grant.plural === plural) &&
      (grant.verbs.includes('*') || grant.verbs.includes(verb)),
  );
}

interface ReviewBody {
  readonly spec?: { readonly namespace?: string; readonly resourceAttributes?: Record<string, string> };
}

type Answer = readonly [code: number, body: object];

const refusal = (code: number, message: string): Answer => [
  code,
  { kind: 'Status', code, message, reason: 'x' },
];

interface Change {
  readonly plural: string;
  readonly type: string;
  readonly object: KubeObject;
}

function send({ plural, namespace, matches, response }: Watcher, { type, object, ...change }: Change): void {
  const isHere = namespace === undefined || namespace === object.metadata.namespace;
  if (plural === change.plural && isHere && matches(object))
    response.write(`${JSON.stringify({ type, object })}\n`);
}

class MemoryApi {
  readonly objects = new Map<string, KubeObject>();
  readonly watchers = new Set<Watcher>();
  readonly people = new Map<string, Person>();
  readonly requests: ApiRequest[] = [];
  beforePatch: () => void = () => undefined;
  failure: number | null = null;
  readonly #log: Change[] = [];
  #version = 1;

  key(plural: string, namespace: string | undefined, name: string): string {
    return `${plural}/${namespace ?? ''}/${name}`;
  }

  put(plural: string, object: KubeObject): KubeObject {
    const key = this.key(plural, object.metadata.namespace, object.metadata.name);
    const type = this.objects.has(key) ? 'MODIFIED' : 'ADDED';
    this.#version += 1;
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version) } };
    this.objects.set(key, stored);
    this.#tell(plural, type, stored);
    return stored;
  }

  remove(plural: string, namespace: string, name: string): void {
    const key = this.key(plural, namespace, name);
    const object = this.objects.get(key);
    if (object === undefined) return;
    this.objects.delete(key);
    this.#version += 1;
    const metadata = { ...object.metadata, resourceVersion: String(this.#version) };
    this.#tell(plural, 'DELETED', { ...object, metadata });
  }

  /** Opens a watch, which begins with what came after the version that it continues from. */
  watch(watcher: Watcher, from: number): void {
    this.watchers.add(watcher);
    for (const one of this.#log) if (Number(one.object.metadata.resourceVersion) > from) send(watcher, one);
  }

  #tell(plural: string, type: string, object: KubeObject): void {
    const event = { plural, type, object };
    this.#log.push(event);
    for (const watcher of this.watchers) send(watcher, event);
  }

  list({ plural, namespace, query }: Target): Answer {
    const matches = selects(query);
    const items = [...this.objects.entries()]
      .filter(([key]) => key.startsWith(`${plural}/${namespace ?? ''}`))
      .map(([, object]) => object)
      .filter((object) => namespace === undefined || object.metadata.namespace === namespace)
      .filter(matches);
    return [
      200,
      { apiVersion: 'v1', kind: 'List', metadata: { resourceVersion: String(this.#version) }, items },
    ];
  }

  review(person: Person, plural: string, body: ReviewBody): Answer {
    if (plural === 'selfsubjectreviews') return [201, { status: { userInfo: { username: person.name } } }];
    if (plural === 'selfsubjectaccessreviews') {
      const { verb = '', resource = '', namespace } = body.spec?.resourceAttributes ?? {};
      return [201, { status: { allowed: may(person, verb, resource, namespace) } }];
    }
    const here = person.grants.filter(
      ({ namespace }) => namespace === '*' || namespace === body.spec?.namespace,
    );
    const resourceRules = here.map((grant) => ({
      verbs: grant.verbs,
      apiGroups: ['*'],
      resources: [grant.plural],
    }));
    return [201, { status: { resourceRules, incomplete: false } }];
  }

  patch(person: Person, target: Target, operations: Operation[]): Answer {
    this.beforePatch();
    const { plural, namespace, name = '' } = target;
    const before = this.objects.get(this.key(plural, namespace, name));
    if (before === undefined) return refusal(404, `${plural} "${name}" not found`);
    const after = structuredClone(before);
    if (applyPatch(after, operations).some((error) => error !== null))
      return [422, { kind: 'Status', reason: 'Invalid', message: 'the patch does not fit', details: {} }];
    stamp(before, after, person.name);
    const isApproval =
      JSON.stringify(after['spec']) !== JSON.stringify(before['spec']) &&
      ['approvals', 'skips', 'promote'].some(
        (field) => field in (after['spec'] as object) && changedIn(before, after, field),
      );
    if (isApproval && !may(person, 'approve', plural, namespace))
      return refusal(
        403,
        `releases.sluice.dev "${name}" is forbidden: ${person.name} may not approve releases in namespace ${namespace}`,
      );
    return [200, this.put(plural, after)];
  }
}

function changedIn(before: KubeObject, after: KubeObject, field: string): boolean {
  const [one, other] = [before, after].map((object) => (object['spec'] as Record<string, unknown>)[field]);
  return JSON.stringify(one) !== JSON.stringify(other);
}

/** Writes who did it, as admission does. */
function stamp(before: KubeObject, after: KubeObject, by: string): void {
  const [old = {}, spec = {}] = [before['spec'], after['spec']] as (Record<string, unknown> | undefined)[];
  for (const field of ['approvals', 'skips']) {
    const [known = [], given = []] = [old[field], spec[field]] as (object[] | undefined)[];
    for (const entry of given.slice(known.length)) Object.assign(entry, { by });
  }
  if (spec['paused'] !== true) delete spec['pause'];
  for (const field of ['abort', 'promote', 'pause'])
    if (old[field] === undefined && spec[field] !== undefined) Object.assign(spec[field] as object, { by });
}

function answerTo(api: MemoryApi, person: Person, method: string, target: Target, body: string): Answer {
  const { plural, namespace, name } = target;
  const verb = { POST: 'create', PATCH: 'patch' }[method] ?? (name === undefined ? 'list' : 'get');
  api.requests.push({ who: person.name, verb, plural, namespace });
  if (plural.startsWith('selfsubject')) return api.review(person, plural, JSON.parse(body));
  if (!may(person, verb, plural, namespace))
    return refusal(
      403,
      `${plural}.sluice.dev is forbidden: User "${person.name}" cannot ${verb} resource "${plural}"`,
    );
  if (verb === 'list') return api.list(target);
  if (verb === 'patch') return api.patch(person, target, JSON.parse(body) as Operation[]);
  const found = api.objects.get(api.key(plural, namespace, name ?? ''));
  return found === undefined ? refusal(404, `${plural} "${name}" not found`) : [200, found];
}

function watch(api: MemoryApi, person: Person, target: Target, response: ServerResponse): void {
  const { plural, namespace, query } = target;
  api.requests.push({ who: person.name, verb: 'watch', plural, namespace });
  const watcher = { who: person.name, plural, namespace, matches: selects(query), response };
  response.on('close', () => api.watchers.delete(watcher));
  response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
  api.watch(watcher, Number(query.get('resourceVersion')));
}

async function handle(api: MemoryApi, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const target = targetOf(request.url ?? '');
  const body = await text(request);
  const reply = ([code, answer]: Answer): void => {
    response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  };
  if (api.failure !== null) return reply(refusal(api.failure, 'not now'));
  const person = api.people.get((request.headers.authorization ?? '').replace('Bearer ', ''));
  if (person === undefined) return reply(refusal(401, 'Unauthorized'));
  const isWatch = target.query.get('watch') === 'true';
  if (!isWatch) return reply(answerTo(api, person, request.method ?? '', target, body));
  if (!may(person, 'watch', target.plural, target.namespace)) return reply(refusal(403, 'may not watch'));
  watch(api, person, target, response);
}

/** Starts it, empty and without people. */
export async function startApiServer(): Promise<ApiServer> {
  const api = new MemoryApi();
  const server = createServer((request, response) => void handle(api, request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    people: api.people,
    requests: api.requests,
    watchers: () => [...api.watchers].map(({ who, plural }) => `${who} ${plural}`),
    put: (plural, object) => void api.put(plural, object),
    remove: (plural, namespace, name) => api.remove(plural, namespace, name),
    get: (plural, namespace, name) => api.objects.get(api.key(plural, namespace, name)),
    set beforePatch(act: () => void) {
      api.beforePatch = act;
    },
    get beforePatch() {
      return api.beforePatch;
    },
    fail: (code) => {
      api.failure = code;
      if (code !== null) for (const { response } of api.watchers) response.destroy();
    },
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
