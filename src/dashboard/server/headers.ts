import type { MiddlewareHandler } from 'hono';

/** Scripts, styles and data from this server only, nothing inline, and no page that frames it. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const HEADERS = {
  'content-security-policy': POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;

/** Headers of every answer. Data are never stored by a browser or a proxy; `isSecure` where it is only reached by TLS. */
export function securityHeaders(isSecure: boolean): MiddlewareHandler {
  return async (context, next) => {
    await next();
    for (const [name, value] of Object.entries(HEADERS)) context.header(name, value);
    if (isSecure) context.header('strict-transport-security', 'max-age=31536000');
    if (context.res.headers.get('cache-control') === null) context.header('cache-control', 'no-store');
  };
}
