/**
 * Which room may use which. A room is a folder of `src` (each adapter is one), and every room is listed: what is not
 * allowed here is refused by `npm run imports`. Type-only imports count.
 */
const CORE = ['api', 'workload', 'traffic', 'analysis', 'release'];
const EDGE = ['errors', 'clock', 'api', 'ports', 'http'];

/** Rooms that may be used, beside the room itself. */
const MAY_USE = {
  errors: [],
  clock: [],
  version: [],
  api: [],
  admission: ['api'],
  workload: ['api'],
  traffic: ['api'],
  analysis: ['api'],
  release: ['api', 'workload', 'traffic', 'analysis'],
  view: CORE,
  acts: [...CORE, 'errors', 'view'],
  convert: ['api'],
  ports: ['api', 'analysis', 'release'],
  replay: ['api', 'analysis', 'release', 'ports'],
  http: ['errors', 'clock'],
  measure: [...CORE, ...EDGE, 'replay'],
  people: [...CORE, 'view', 'errors', 'clock', 'ports'],
  reconcile: [...CORE, 'errors', 'clock', 'ports', 'measure', 'people'],
  'adapters/admission-webhook': [...EDGE, 'admission'],
  'adapters/approval': EDGE,
  'adapters/kubernetes': [...EDGE, 'traffic'],
  'adapters/metric-webhook': EDGE,
  'adapters/notify': EDGE,
  'adapters/pod-http': EDGE,
  'adapters/prometheus': [...EDGE, 'analysis'],
  'adapters/queue': EDGE,
  'adapters/scrape': [...EDGE, 'analysis'],
  'adapters/telemetry': EDGE,
  'adapters/tracing': EDGE,
  config: ['errors', 'api', 'ports', 'http'],
  app: [
    'errors',
    'clock',
    'api',
    'ports',
    'http',
    'config',
    'traffic',
    'release',
    'admission',
    'view',
    'people',
    'measure',
    'reconcile',
    'adapters',
  ],
  'dashboard/api': ['api', 'analysis', 'view', 'acts', 'replay'],
  'dashboard/client': ['api', 'view', 'dashboard/api'],
  'dashboard/server': [...CORE, ...EDGE, 'view', 'acts', 'adapters/kubernetes', 'dashboard/api'],
  cli: [
    ...CORE,
    ...EDGE,
    'version',
    'view',
    'acts',
    'convert',
    'replay',
    'measure',
    'reconcile',
    'config',
    'adapters/kubernetes',
    'adapters/prometheus',
    'dashboard/server',
  ],
  main: ['errors', 'version', 'api', 'config', 'app', 'adapters/telemetry'],
};

/** Rooms whose decisions are functions of data: no clock, no I/O, no package but these. */
const PURE = {
  api: ['zod'],
  admission: [],
  workload: ['zod'],
  traffic: ['zod'],
  analysis: ['zod'],
  release: ['xstate', 'zod'],
  view: [],
  acts: [],
  convert: [],
  replay: [],
  ports: [],
  'dashboard/api': [],
  'dashboard/client': ['preact', 'uplot'],
};

/** The folders of the dashboard's server that are pages. */
const PAGES = 'fleet|release|policy';

const at = (room) => `^src/${room}(?:/|[.]tsx?$)`;
const TESTS = '[.]test[.]tsx?$';

const rooms = Object.entries(MAY_USE).map(([room, others]) => ({
  name: `rooms: ${room}`,
  comment: `${room} may use ${others.join(', ') || 'nothing of ours'}`,
  severity: 'error',
  from: { path: at(room), pathNot: TESTS },
  to: { path: '^(src|test|hack)/', pathNot: [room, ...others].map(at) },
}));

const pure = Object.entries(PURE).map(([room, packages]) => ({
  name: `pure: ${room}`,
  comment: `hand it in: ${room} decides from data alone`,
  severity: 'error',
  from: { path: at(room), pathNot: TESTS },
  to: {
    dependencyTypesNot: ['local', 'type-only'],
    pathNot: ['^(src|test|hack)/', '^(node:)?crypto$', ...packages.map((name) => `node_modules/${name}/`)],
  },
}));

// oxlint-disable-next-line import/no-default-export -- depcruise reads the default export
export default {
  forbidden: [
    { name: 'no circles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'every room is listed',
      severity: 'error',
      from: { path: '^src/', pathNot: [TESTS, ...Object.keys(MAY_USE).map(at)] },
      to: {},
    },
    {
      name: 'seam: routers',
      comment: 'the router port is what others know of a router',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: ['^src/traffic/', TESTS],
      },
      to: { path: '^src/traffic/[^/]+/' },
    },
    {
      name: 'seam: what ships',
      severity: 'error',
      from: { path: '^src/', pathNot: TESTS },
      to: { dependencyTypes: ['npm-dev'] },
    },
    {
      name: 'seam: pages of the dashboard',
      comment: 'what two pages need is in people, live or beside them',
      severity: 'error',
      from: { path: `^src/dashboard/server/(${PAGES})/`, pathNot: TESTS },
      to: { path: `^src/dashboard/server/(?:${PAGES})/`, pathNot: '^src/dashboard/server/$1/' },
    },
    {
      name: 'seam: pages and what they stand on',
      comment: 'people and live know no page',
      severity: 'error',
      from: { path: '^src/dashboard/server/(?:people|live)/', pathNot: TESTS },
      to: { path: `^src/dashboard/server/(?:${PAGES})/` },
    },
    ...rooms,
    ...pure,
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    // Its parser does not know JSX: hack/bundle/dashboard-client.test.ts checks what is in the client.
    exclude: { path: '[.]tsx$' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { extensions: ['.ts', '.tsx', '.js', '.mjs', '.json'] },
  },
};
