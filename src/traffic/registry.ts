import { istioRouter } from './istio/istio.ts';
import type { Router } from './router.ts';
import { createRouters } from './routers.ts';

/** The routers that there are. One more is one more line here; the first is that of annotations that name none. */
export const ROUTERS = createRouters<Router>([istioRouter]);
