import type { IncomingMessage, ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import type { INestApplication } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';

/** Allows nothing inline and nothing from other origins. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The folder of the compiled page. */
const PAGE = fileURLToPath(new URL('../../page', import.meta.url));

/** Sets up what comes before the routes of the application. */
export function setUpHttp(app: INestApplication): void {
  app.use((_request: IncomingMessage, response: ServerResponse, next: () => void) => {
    response.setHeader('Content-Security-Policy', POLICY);
    response.setHeader('Referrer-Policy', 'no-referrer');
    response.setHeader('X-Content-Type-Options', 'nosniff');
    // Browsers keep a copy of the page but ask each time, so that a new build shows at once.
    response.setHeader('Cache-Control', 'private, no-cache');
    next();
  });
  (app as NestExpressApplication).useStaticAssets(PAGE);
}
