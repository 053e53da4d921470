import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Refusal } from '../../shared/dashboard.js';
import type { Access } from './access.js';
import { isLoopbackHost } from './loopback.js';
import { TokenCheck } from './token-check.js';

type Middleware = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

/** Admits a request or refuses it. Runs before everything else: page, events, API and docs. */
export function accessMiddleware({ token }: Access): Middleware {
  const admit = token === undefined ? admitThisMachine : admitTokens(new TokenCheck(token));
  return (request, response, next) =>
    admit(request, response, () => refuseForgedCommands(request, response, next));
}

/**
 * Admits only requests to a loopback host name. A foreign web page can point its own host name to this machine (DNS
 * rebinding), which the browser then treats as the same origin. The `Host` header still shows that name.
 */
function admitThisMachine(request: IncomingMessage, response: ServerResponse, next: () => void): void {
  if (isLoopbackHost(request.headers.host)) next();
  else
    refuse(
      request,
      response,
      403,
      'Only this machine has access, as localhost. For other hosts, set DASHBOARD_TOKEN.',
    );
}

function admitTokens(check: TokenCheck): Middleware {
  return (request, response, next) => {
    const { path, query } = partsOf(request);
    const given = isOfApi(path) || request.method !== 'GET' ? null : query.get('token');
    if (given !== null && check.isToken(given)) {
      query.delete('token');
      response.writeHead(303, {
        'Set-Cookie': check.cookieHeader(request.headers),
        'Cache-Control': 'no-store',
        Location: query.size > 0 ? `${path}?${query.toString()}` : path,
      });
      response.end();
    } else if (check.hasAccess(request.headers)) next();
    else {
      response.setHeader('WWW-Authenticate', 'Bearer');
      refuse(request, response, 401, 'Open the URL that the server printed: it contains the token.');
    }
  };
}

/** Commands must come from the page itself or from a client that is not a browser. */
function refuseForgedCommands(request: IncomingMessage, response: ServerResponse, next: () => void): void {
  const { method = '', headers } = request;
  if (['GET', 'HEAD'].includes(method)) next();
  else if (!isOfSameOrigin(request))
    refuse(request, response, 403, 'Requests from other sites are not allowed.');
  // Any site can send a form, but a form cannot have this type.
  else if (!/^application\/json\b/i.test(headers['content-type'] ?? '')) {
    refuse(request, response, 415, 'The body must be JSON, with Content-Type: application/json.');
  } else next();
}

function isOfSameOrigin({ headers }: IncomingMessage): boolean {
  const { origin, host } = headers;
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin') return false;
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === host);
}

function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  statusCode: number,
  message: string,
): void {
  const isPlain = !isOfApi(partsOf(request).path);
  const refusal: Refusal = { statusCode, message };
  response.writeHead(statusCode, {
    'Content-Type': isPlain ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8',
    'Cache-Control': 'no-store',
    // Does not wait for the rest of the body.
    Connection: 'close',
  });
  response.end(isPlain ? `${message}\n` : JSON.stringify(refusal));
}

function isOfApi(path: string): boolean {
  return path.startsWith('/api/');
}

function partsOf({ url = '/' }: IncomingMessage): { path: string; query: URLSearchParams } {
  const [path = '/', query = ''] = url.split('?', 2);
  // A redirect to `//example.com` would go to another server.
  return { path: path.replace(/^[/\\]+/, '/'), query: new URLSearchParams(query) };
}
