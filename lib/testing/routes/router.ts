import type { Account } from '../account/account.js';
import type { SandboxCaller } from '../sandbox-caller.js';
import type { ResolvedSandboxOptions } from '../sandbox-options.js';
import type { SandboxSettings } from '../sandbox-settings.js';
import { activityRoutes } from './activity.routes.js';
import { completionRoutes } from './completion.routes.js';
import { creditsRoutes } from './credits.routes.js';
import { generationRoutes } from './generation.routes.js';
import { keysRoutes } from './keys.routes.js';
import {
  API_ROOT,
  type SandboxAccess,
  type SandboxCall,
  type SandboxRefusal,
  type SandboxReply,
  type SandboxRoute,
  refusal,
} from './route.js';
import { workspacesRoutes } from './workspaces.routes.js';

/** A request before routing. */
export interface RoutedRequest extends Pick<SandboxCall, 'caller' | 'headers' | 'body' | 'path'> {
  readonly method: string;
}

/** The API's regular answer to a request. */
export function createRouter(
  account: Account,
  options: ResolvedSandboxOptions,
  settings: SandboxSettings,
): (request: RoutedRequest) => SandboxReply {
  const routes = [
    ...creditsRoutes(account, options),
    ...keysRoutes(account),
    ...activityRoutes(account),
    ...completionRoutes(account, options, settings),
    ...generationRoutes(account, settings),
    ...workspacesRoutes(account),
  ].map((route) => ({
    ...route,
    segments: `${API_ROOT}${route.path}`.split('/'),
  }));

  return ({ method: given, path, ...request }) => {
    if (given === 'OPTIONS') return preflight(routes);
    const method = given === 'HEAD' ? 'GET' : given;
    const { pathname, query } = split(path);
    const segments = pathname.split('/');
    for (const route of routes) {
      const params = route.method === method ? match(route.segments, segments) : undefined;
      if (params === undefined) continue;
      return barrier(route.access, request.caller) ?? route.handle({ ...request, path, params, query });
    }
    return refusal(404);
  };
}

function split(path: string): { pathname: string; query: URLSearchParams } {
  const [pathname = '', query = ''] = path.split(/\?(.*)/s);
  return { pathname, query: new URLSearchParams(query) };
}

/** The parameters of a path that matches a template, otherwise `undefined`. */
function match(template: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  if (template.length !== segments.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of template.entries()) {
    const segment = segments[index] ?? '';
    if (!part.startsWith('{')) {
      if (part !== segment) return undefined;
    } else if (segment === '') {
      return undefined;
    } else {
      params[part.slice(1, -1)] = decode(segment);
    }
  }
  return params;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function barrier(access: SandboxAccess, { kind }: SandboxCaller): SandboxRefusal | undefined {
  if (access === 'anybody') return undefined;
  if (kind === 'none') return refusal(401);
  // An inference route does not know a management key, as observed with the live API.
  if (kind === 'unknown' || (access === 'inference-key' && kind === 'management')) {
    return refusal(401, 'User not found.');
  }
  return access === 'management-key' && kind === 'api' ? refusal(403) : undefined;
}

function preflight(routes: readonly SandboxRoute[]): SandboxReply {
  const methods = [...new Set(routes.map(({ method }) => method))];
  return {
    status: 204,
    headers: {
      'access-control-allow-methods': ['HEAD', 'OPTIONS', ...methods].join(', '),
      'access-control-allow-headers':
        'Authorization, Content-Type, HTTP-Referer, X-OpenRouter-Title, X-Title, X-OpenRouter-Categories, Idempotency-Key',
    },
  };
}
