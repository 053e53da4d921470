import { afterEach, describe, expect, it } from '@jest/globals';
import { OpenRouterSandbox } from 'nestjs-openrouter/testing';
import { type Access, readAccess } from '../src/access/access.js';
import { isLoopback, isLoopbackHost } from '../src/access/loopback.js';
import { type Answer, DashboardServer } from './support/dashboard-server.js';

const TOKEN = 'correct-horse-battery';
/** One path of each kind. */
const PATHS = ['/', '/styles.css', '/docs', '/docs-json', '/api/events', '/nothing'];

let server: DashboardServer;

/** The sandbox stops with the server. */
async function start(access: Access = {}): Promise<void> {
  server = await DashboardServer.start({ sandbox: await OpenRouterSandbox.start(), access });
}

const json = { 'content-type': 'application/json' };

function refresh(headers: Record<string, string>): Promise<Answer> {
  return server.ask('/api/balance/refresh', { method: 'POST', headers, body: '{}' });
}

describe('without a token, on this machine', () => {
  afterEach(() => server.close());

  it('every path answers', async () => {
    await start();
    expect((await server.ask('/docs')).status).toBe(200);
    expect((await refresh(json)).status).toBe(204);
  });

  it.each(PATHS)('%s refuses another host name', async (path) => {
    await start();
    for (const host of ['evil.example', 'evil.example:80', 'localhost.evil.example', '10.0.0.1']) {
      expect([host, (await server.ask(path, { headers: { host } })).status]).toEqual([host, 403]);
    }
  });

  it.each(['localhost', 'localhost:3000', '127.0.0.1', '[::1]:3000', 'LOCALHOST'])(
    'goes by the name %s',
    async (host) => {
      await start();
      expect((await server.ask('/docs', { headers: { host } })).status).toBe(200);
    },
  );

  it('commands are accepted from the own page and from clients without a browser, not from other sites', async () => {
    await start();
    const { host } = new URL(server.url);
    const own: Record<string, string>[] = [
      { origin: server.url },
      { origin: server.url, 'sec-fetch-site': 'same-origin' },
      {},
    ];
    for (const headers of own) {
      expect([headers, (await refresh({ ...json, host, ...headers })).status]).toEqual([headers, 204]);
    }
    const foreign: Record<string, string>[] = [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: 'http://localhost:1' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site', origin: server.url },
      { 'sec-fetch-site': 'none' },
    ];
    for (const headers of foreign) {
      const { status, text } = await refresh({ ...json, host, ...headers });
      expect([headers, status, JSON.parse(text)]).toEqual([
        headers,
        403,
        { statusCode: 403, message: 'Requests from other sites are not allowed.' },
      ]);
    }
  });

  it('commands must be JSON', async () => {
    await start();
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
      expect((await refresh({ 'content-type': type })).status).toBe(415);
    }
    expect((await refresh({})).status).toBe(415);
    expect((await refresh({ 'content-type': 'application/json; charset=utf-8' })).status).toBe(204);
  });
});

describe('with a token', () => {
  afterEach(() => server.close());

  const startWithToken = (): Promise<void> => start({ token: TOKEN });

  it.each(PATHS)('%s refuses requests without it, with a readable message', async (path) => {
    await startWithToken();
    const cookie = `dashboard_access_${new URL(server.url).port}`;
    const attempts: Record<string, string>[] = [
      {},
      { authorization: 'Bearer wrong-horse-battery' },
      { authorization: `Basic ${TOKEN}` },
      { authorization: 'Bearer' },
      { cookie: `${cookie}=${TOKEN}` },
      { cookie: `${cookie}=` },
      { cookie },
    ];
    for (const headers of attempts) {
      const { status, text, headers: answered } = await server.ask(path, { headers });
      expect([headers, status]).toEqual([headers, 401]);
      expect(text).toContain('Open the URL that the server printed');
      expect(answered['www-authenticate']).toBe('Bearer');
    }
    expect((await server.ask(`${path}?token=wrong-horse-battery`)).status).toBe(401);
  });

  it('the URL is replaced by one without it', async () => {
    await startWithToken();
    const first = await server.ask(`/docs?a=b&token=${TOKEN}`);
    expect([first.status, first.headers['location'], first.text]).toEqual([303, '/docs?a=b', '']);
    expect((await server.ask(`/?token=${TOKEN}`)).headers['location']).toBe('/');
    const [setCookie] = first.headers['set-cookie'] as string[];
    const { port } = new URL(server.url);
    expect(setCookie).toMatch(/^dashboard_access_\d+=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
    expect(setCookie).toContain(`dashboard_access_${port}=`);
    expect(setCookie).not.toContain(TOKEN);
    const cookie = `other=1; ${setCookie!.split(';')[0]}`;
    expect((await server.ask('/docs', { headers: { cookie } })).status).toBe(200);
    expect((await refresh({ ...json, cookie })).status).toBe(204);
    expect((await server.events({ cookie })).types[0]).toBe('dashboard');
  });

  it('the cookie is for https only if the browser used https', async () => {
    await startWithToken();
    const { headers } = await server.ask(`/?token=${TOKEN}`, { headers: { 'x-forwarded-proto': 'https' } });
    expect(headers['set-cookie']![0]).toMatch(/; Secure$/);
  });

  it('each port of a host has its own cookie', async () => {
    await startWithToken();
    const cookieFor = async (host: string): Promise<string> => {
      const { headers } = await server.ask(`/?token=${TOKEN}`, { headers: { host } });
      return headers['set-cookie']![0]!.split(';')[0]!;
    };
    const [own, other] = [
      await cookieFor('dashboard.example:3000'),
      await cookieFor('dashboard.example:3001'),
    ];
    expect(own).toMatch(/^dashboard_access_3000=/);
    expect(other).toMatch(/^dashboard_access_3001=/);
    expect(await cookieFor('dashboard.example')).toMatch(/^dashboard_access=/);
    const statusWith = async (cookie: string): Promise<number> =>
      (await server.ask('/docs', { headers: { host: 'dashboard.example:3000', cookie } })).status;
    // Otherwise another dashboard with another token would overwrite it.
    expect(await statusWith(`${own}; dashboard_access_3001=of-another-token`)).toBe(200);
    expect(await statusWith('dashboard_access_3001=of-another-token')).toBe(401);
  });

  it('the redirect stays on this server', async () => {
    await startWithToken();
    for (const path of ['//evil.example', '/\\evil.example', '///evil.example']) {
      const { headers } = await server.ask(`${path}?token=${TOKEN}`);
      expect(headers['location']).toBe('/evil.example');
    }
  });

  it('works as a bearer token, under any host name', async () => {
    await startWithToken();
    const headers = { host: 'dashboard.example', authorization: `Bearer ${TOKEN}` };
    expect((await server.ask('/docs', { headers })).status).toBe(200);
    expect((await refresh({ ...json, ...headers })).status).toBe(204);
    expect((await refresh({ ...json, ...headers, origin: 'https://dashboard.example' })).status).toBe(204);
    expect((await refresh({ ...json, ...headers, origin: 'https://evil.example' })).status).toBe(403);
  });

  it('is ignored in the URL of a command and of the events', async () => {
    await startWithToken();
    expect((await server.ask(`/api/events?token=${TOKEN}`)).status).toBe(401);
    expect((await server.post(`/api/balance/refresh?token=${TOKEN}`, {})).status).toBe(401);
  });
});

describe('the headers', () => {
  afterEach(() => server.close());

  const strict =
    "default-src 'none';script-src 'self';style-src 'self';img-src 'self' data:;connect-src 'self';" +
    "font-src 'self';base-uri 'none';form-action 'self';frame-ancestors 'none'";

  it('allow nothing inline or foreign, except the inline styles of the docs', async () => {
    await start();
    for (const path of ['/', '/nothing', '/docs-json', '/docsx']) {
      expect((await server.ask(path)).headers['content-security-policy']).toBe(strict);
    }
    for (const path of ['/docs', '/docs/swagger-ui-init.js']) {
      const answer = await server.ask(path);
      expect(answer.status).toBe(200);
      expect(answer.headers['content-security-policy']).toBe(
        strict.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'"),
      );
    }
    // Refused requests get them, too.
    const refused = await server.ask('/', { headers: { host: 'evil.example' } });
    expect(refused.headers['content-security-policy']).toBe(strict);
  });

  it('make browsers ask each time, and compress large answers', async () => {
    await start();
    const { headers } = await server.ask('/docs-json', { headers: { 'accept-encoding': 'gzip' } });
    expect(headers).toMatchObject({ 'cache-control': 'private, no-cache', 'content-encoding': 'gzip' });
    expect(headers['x-powered-by']).toBeUndefined();
  });
});

describe('readAccess', () => {
  afterEach(() => {
    delete process.env['DASHBOARD_TOKEN'];
  });

  it('needs no token on loopback, and generates one elsewhere', () => {
    expect(readAccess('127.0.0.1')).toEqual({});
    const [one, other] = [readAccess('0.0.0.0').token, readAccess('0.0.0.0').token];
    expect(one).toMatch(/^[\w-]{32}$/);
    expect(one).not.toBe(other);
  });

  it('uses the given token, on loopback too', () => {
    process.env['DASHBOARD_TOKEN'] = TOKEN;
    expect(readAccess('127.0.0.1')).toEqual({ token: TOKEN });
    expect(readAccess('0.0.0.0')).toEqual({ token: TOKEN });
  });

  it.each(['short', 'fifteen-letters', 'with a space in it', 'with/a+slash===='])('refuses %p', (token) => {
    process.env['DASHBOARD_TOKEN'] = token;
    const attempt = (): unknown => readAccess('0.0.0.0');
    expect(attempt).toThrow('DASHBOARD_TOKEN must be at least 16 characters');
    expect(attempt).not.toThrow(token);
  });

  it('recognises loopback names', () => {
    expect(['localhost', '127.0.0.1', '127.1.2.3', '::1', '[::1]'].every(isLoopback)).toBe(true);
    expect(['0.0.0.0', '::', '192.168.0.1', '128.0.0.1', '127.0.0.1.evil.example'].some(isLoopback)).toBe(
      false,
    );
    expect(isLoopbackHost('127.0.0.1:3000')).toBe(true);
    expect(isLoopbackHost('evil.example:3000')).toBe(false);
    expect(isLoopbackHost(undefined)).toBe(false);
  });
});
