import { gatewayRouter } from './gateway-api/gateway-api.ts';
import { istioRouter } from './istio/istio.ts';
import { noRouter } from './none/none.ts';
import type { Router } from './router.ts';
import { createRouters } from './routers.ts';
import { serviceRouter } from './service/service.ts';

/** All routers. A new one needs one line here; the first is the default of annotations. */
export const ROUTERS = createRouters<Router>([istioRouter, gatewayRouter, serviceRouter, noRouter]);
