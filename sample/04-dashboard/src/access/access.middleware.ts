import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Refusal } from '../../shared/dashboard.js';
import type { Access } from './access.js';
import { isLoopbackHost } from './loopback.js';
import { TokenCheck } from './token-check.js';

type Middleware = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

/** Lets a request in, or answers why not. Comes before everything else: page, events, API and docs. */
export function accessMiddleware({ token }: Access): Middleware {
  const letIn = token === undefined ? letThisMachineIn : letTokensIn(new TokenCheck(token));
  return (request, response, next) =>
    letIn(request, response, () => refuseForgedCommands(request, response, next));
}

/**
 * Any page on the Web may name a host of its own that leads to this machine (DNS rebinding), and would then be the same
 * origin for the browser. It cannot change the name by which it calls.
 */
function letThisMachineIn(request: IncomingMessage, response: ServerResponse, next: () => void): void {
  if (isLoopbackHost(request.headers.host)) next();
  else
    refuse(
      request,
      response,
      403,
      'Only this machine may ask, as localhost. Others need DASHBOARD_TOKEN to be set.',
    );
}

function letTokensIn(check: TokenCheck): Middleware {
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
      refuse(request, response, 401, 'Open the URL that the server has printed: it has the token in it.');
    }
  };
}

/** What changes something has to come from the page itself, or from no browser. */
function refuseForgedCommands(request: IncomingMessage, response: ServerResponse, next: () => void): void {
  const { method = '', headers } = request;
  if (['GET', 'HEAD'].includes(method)) next();
  else if (!isOfSameOrigin(request)) refuse(request, response, 403, 'Another site may not ask for this.');
  // Forms, which any site can send, have no such type.
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
    // What is left of the body is not waited for.
    Connection: 'close',
  });
  response.end(isPlain ? `${message}\n` : JSON.stringify(refusal));
}

function isOfApi(path: string): boolean {
  return path.startsWith('/api/');
}

function partsOf({ url = '/' }: IncomingMessage): { path: string; query: URLSearchParams } {
  const [path = '/', query = ''] = url.split('?', 2);
  // A redirect to `//example.com` would leave this server.
  return { path: path.replace(/^[/\\]+/, '/'), query: new URLSearchParams(query) };
}
