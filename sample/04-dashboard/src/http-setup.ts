import type { IncomingMessage, ServerResponse } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import compression from 'compression';
import helmet from 'helmet';
import type { Access } from './access/access.js';
import { accessMiddleware } from './access/access.middleware.js';
import { serveOpenApi } from './openapi.js';

/** Allows nothing inline and nothing from other origins. */
const POLICY = {
  'default-src': ["'none'"],
  'script-src': ["'self'"],
  'style-src': ["'self'"],
  'img-src': ["'self'", 'data:'],
  'connect-src': ["'self'"],
  'font-src': ["'self'"],
  'base-uri': ["'none'"],
  'form-action': ["'self'"],
  'frame-ancestors': ["'none'"],
};

/** Swagger UI has inline styles. */
const DOCS_POLICY = { ...POLICY, 'style-src': ["'self'", "'unsafe-inline'"] };

/** Sets up what comes before the routes of the application. */
export function setUpHttp(app: INestApplication, access: Access): void {
  const page = securityHeaders(POLICY);
  const docs = securityHeaders(DOCS_POLICY);
  app.use((request: IncomingMessage, response: ServerResponse, next: () => void) => {
    // Browsers keep a copy but ask each time, so that a new build shows at once.
    response.setHeader('Cache-Control', 'private, no-cache');
    const isOfDocs = /^\/docs(\/|\?|$)/.test(request.url ?? '');
    (isOfDocs ? docs : page)(request, response, next);
  });
  app.use(accessMiddleware(access));
  // Does not compress the events, because their `Cache-Control` has `no-transform`.
  app.use(compression());
  serveOpenApi(app);
}

function securityHeaders(directives: Record<string, string[]>): ReturnType<typeof helmet> {
  return helmet({
    contentSecurityPolicy: { useDefaults: false, directives },
    // This header is up to the proxy that provides https.
    strictTransportSecurity: false,
    xFrameOptions: { action: 'deny' },
  });
}
