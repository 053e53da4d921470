import { expect, it } from '@jest/globals';
import type { OpenRouterAxiosOptions } from '../../lib/options/openrouter-options.js';
import { proxyIn } from '../../lib/transport/proxy.js';

const basic = (login: string) => `Basic ${Buffer.from(login).toString('base64')}`;
const HOST = { protocol: 'http:', host: 'proxy.test', port: 3128, authorization: undefined };

it.each<[string, unknown, object | undefined]>([
  ['nothing', undefined, undefined],
  ['false', false, undefined],
  ['a host and a port', { host: 'proxy.test', port: 3128 }, HOST],
  ['a protocol', { protocol: 'https', host: 'proxy.test', port: 3128 }, { ...HOST, protocol: 'https:' }],
  ['a protocol with a colon', { protocol: 'http:', host: 'proxy.test', port: 3128 }, HOST],
  ['no port', { host: 'proxy.test' }, { ...HOST, port: undefined }],
  ['an IPv6 address in brackets', { host: '[::1]', port: 3128 }, { ...HOST, host: '::1' }],
  [
    'a user and a password',
    { host: 'proxy.test', port: 3128, auth: { username: 'me', password: 'pä:ss' } },
    { ...HOST, authorization: basic('me:pä:ss') },
  ],
  [
    'a user alone',
    { host: 'proxy.test', port: 3128, auth: { username: 'token', password: '' } },
    { ...HOST, authorization: basic('token:') },
  ],
  ['a URL', new URL('http://proxy.test:3128'), { ...HOST, port: '3128' }],
  [
    'a URL with a user and a password',
    new URL('http://me:p%40ss@proxy.test:3128'),
    { ...HOST, port: '3128', authorization: basic('me:p@ss') },
  ],
])('reads %s', (_name, proxy, expected) => {
  expect(proxyIn({ proxy } as OpenRouterAxiosOptions)).toEqual(expected);
});
