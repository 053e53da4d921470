import type { IncomingMessage, ServerResponse } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import compression from 'compression';
import helmet from 'helmet';
import type { Access } from './access/access.js';
import { accessMiddleware } from './access/access.middleware.js';
import { serveOpenApi } from './openapi.js';

/** Nothing inline, and nothing from elsewhere. */
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

/** Swagger UI has styles in its page. */
const DOCS_POLICY = { ...POLICY, 'style-src': ["'self'", "'unsafe-inline'"] };

/** Sets up what stands before the application's own routes. */
export function setUpHttp(app: INestApplication, access: Access): void {
  const page = securityHeaders(POLICY);
  const docs = securityHeaders(DOCS_POLICY);
  app.use((request: IncomingMessage, response: ServerResponse, next: () => void) => {
    // Kept, but asked for each time: a new build of the page shows at once.
    response.setHeader('Cache-Control', 'private, no-cache');
    const isOfDocs = /^\/docs(\/|\?|$)/.test(request.url ?? '');
    (isOfDocs ? docs : page)(request, response, next);
  });
  app.use(accessMiddleware(access));
  // Leaves the events alone, whose `Cache-Control` has `no-transform`.
  app.use(compression());
  serveOpenApi(app);
}

function securityHeaders(directives: Record<string, string[]>): ReturnType<typeof helmet> {
  return helmet({
    contentSecurityPolicy: { useDefaults: false, directives },
    // It is for whoever provides https to say that there is nothing else.
    strictTransportSecurity: false,
    xFrameOptions: { action: 'deny' },
  });
}
