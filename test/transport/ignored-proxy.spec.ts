import { describe, expect, it } from '@jest/globals';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { tellIgnoredProxy } from '../../lib/transport/ignored-proxy.js';
import type { OpenRouterAxiosOptions } from '../../lib/options/openrouter-options.js';

const BASE_URL = 'https://openrouter.ai/api/v1';
const PROXY = 'http://user:hunter2@proxy.test:3128';

describe('a proxy that only the environment names', () => {
  it.each<[Record<string, string>, string, string | undefined]>([
    [{}, BASE_URL, undefined],
    [{ HTTPS_PROXY: PROXY }, BASE_URL, 'HTTPS_PROXY'],
    [{ https_proxy: PROXY }, BASE_URL, 'https_proxy'],
    [{ HTTPS_PROXY: PROXY, https_proxy: PROXY }, BASE_URL, 'https_proxy'],
    [{ ALL_PROXY: PROXY, HTTP_PROXY: PROXY }, BASE_URL, 'ALL_PROXY'],
    [{ HTTP_PROXY: PROXY }, BASE_URL, 'HTTP_PROXY'],
    [{ HTTPS_PROXY: '' }, BASE_URL, undefined],
    [{ HTTPS_PROXY: ' ' }, BASE_URL, undefined],
    [{ HTTPS_PROXY: PROXY }, 'http://gateway.test/v1', undefined],
    [{ HTTP_PROXY: PROXY }, 'http://gateway.test/v1', 'HTTP_PROXY'],
    [{ HTTPS_PROXY: PROXY }, 'https://localhost:8443/v1', undefined],
    [{ HTTP_PROXY: PROXY }, 'http://127.0.0.1:8080/v1', undefined],
  ])('in %j, for %s, is %s', (environment, baseUrl, variable) => {
    const told = tellIgnoredProxy(baseUrl, {}, environment);
    expect(told?.split(' ')[0]).toBe(variable === undefined ? undefined : `\`${variable}\``);
    expect(told ?? '').not.toContain('hunter2');
  });

  it.each<[string, boolean]>([
    ['', true],
    ['localhost', true],
    ['openrouter.ai', false],
    ['OpenRouter.AI', false],
    ['.openrouter.ai', false],
    ['ai', false],
    ['router.ai', true],
    ['*.openrouter.ai', false],
    ['*.ai', false],
    ['*', false],
    ['localhost, openrouter.ai:443', false],
    ['openrouter.ai:8443', true],
    ['10.0.0.0/8 openrouter.ai', false],
  ])('counts beside NO_PROXY=%s: %s', (list, counts) => {
    for (const name of ['no_proxy', 'NO_PROXY']) {
      const environment = { HTTPS_PROXY: PROXY, [name]: list };
      expect(tellIgnoredProxy(BASE_URL, {}, environment) !== undefined).toBe(counts);
    }
  });

  it.each<[string, OpenRouterAxiosOptions]>([
    ['a proxy', { proxy: { host: 'proxy.test', port: 3128 } }],
    ['no proxy', { proxy: false }],
    ['an agent', { httpsAgent: new HttpsAgent() }],
    ['an adapter', { adapter: 'fetch' }],
  ])('does not matter where the options name %s', (_title, own) => {
    expect(tellIgnoredProxy(BASE_URL, own, { HTTPS_PROXY: PROXY })).toBeUndefined();
  });

  it('is told beside an agent of the other protocol, with what to set instead', () => {
    const told = tellIgnoredProxy(BASE_URL, { httpAgent: new HttpAgent() }, { HTTPS_PROXY: PROXY });
    expect(told).toMatch(
      /is not used, .*\. To use that proxy, set `axios\.proxy`, or an agent as `axios\.httpsAgent`\.$/,
    );
    expect(tellIgnoredProxy('http://gateway.test', {}, { HTTP_PROXY: PROXY })).toContain('`axios.httpAgent`');
  });
});
