import { Agent } from 'node:https';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from '@jest/globals';
import { OpenRouterConfigException } from '../../lib/errors/index.js';
import { mergeRetry, resolveOptions } from '../../lib/options/resolve-options.js';
import { DEFAULT_RETRY } from '../../lib/options/option-defaults.js';
import { shown } from '../../lib/options/shown-value.js';
import { SecretString } from '../../lib/secret/secret-string.js';
import { leaksIn } from '../support/leaks.js';

const KEY = `sk-or-v1-${'0f1e2d3c'.repeat(8)}`;
const agents: Agent[] = [];

afterEach(() => agents.splice(0).forEach((agent) => agent.destroy()));

function optionsOf(input: object) {
  return resolveOptions({ apiKey: KEY, ...input }, 'Here').options;
}

function refusal(input: unknown): OpenRouterConfigException {
  try {
    resolveOptions(input, 'Here');
  } catch (error) {
    expect(error).toBeInstanceOf(OpenRouterConfigException);
    expect(error).toMatchObject({ name: 'OpenRouterConfigException', code: 'OPENROUTER_CONFIG' });
    expect(leaksIn(error, [KEY])).toEqual([]);
    return error as OpenRouterConfigException;
  }
  throw new Error('it was accepted');
}

function refusalOf(input: object): string {
  return refusal({ apiKey: KEY, ...input }).message;
}

describe('without options', () => {
  it('everything has its default', () => {
    const { options, keys, headers, axios } = resolveOptions(KEY, 'Here');
    expect(options).toEqual({
      keys: { api: true, management: false },
      baseUrl: 'https://openrouter.ai/api/v1',
      allowInsecureBaseUrl: false,
      headers: {},
      timeoutMs: 10_000,
      deadlineMs: 30_000,
      retry: {
        maxRetries: 3,
        initialDelayMs: 500,
        backoffMultiplier: 2,
        maxDelayMs: 8_000,
        retryCodes: [408, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 525, 527, 529],
        retryThrottledPost: false,
      },
      maxResponseBytes: 33_554_432,
      verifyKeysOnBootstrap: false,
      balance: {
        ttlMs: 60_000,
        staleWhileRevalidateMs: 300_000,
        staleIfErrorMs: 3_600_000,
        pollIntervalMs: 60_000,
        watch: false,
        thresholds: { hysteresis: 0.1 },
      },
      metering: {
        byok: 'fee',
        onUnattributed: 'allow',
        shutdownMs: 5_000,
        lookupDelaysMs: [1_000, 2_000, 5_000, 15_000, 60_000, 300_000, 1_800_000],
      },
    });
    expect(keys).toEqual({
      api: { option: 'apiKey', source: KEY },
      management: { option: 'apiKey', source: KEY },
    });
    expect({ headers, axios }).toEqual({ headers: {}, axios: {} });
  });

  it('`undefined` is the same as nothing', () => {
    const names = [
      'managementKey',
      'balance',
      'metering',
      'baseUrl',
      'allowInsecureBaseUrl',
      'httpReferer',
      'appTitle',
      'appCategories',
      'headers',
      'timeoutMs',
      'deadlineMs',
      'retry',
      'maxResponseBytes',
      'verifyKeysOnBootstrap',
      'axios',
    ];
    const input = Object.fromEntries(names.map((name) => [name, undefined]));
    expect(optionsOf(input)).toEqual(optionsOf({}));
    expect(Object.keys(optionsOf(input))).toEqual(Object.keys(optionsOf({})));
    const retry = Object.fromEntries(Object.keys(DEFAULT_RETRY).map((name) => [name, undefined]));
    expect(optionsOf({ retry })).toEqual(optionsOf({}));
  });

  it.each<[unknown, string]>([
    [undefined, 'Here got nothing; no key is set'],
    [null, 'Here got nothing; no key is set'],
    [7, 'Here must be given a key or an object of options; no key is set'],
    [true, 'Here must be given a key or an object of options; no key is set'],
    [[KEY], 'Here must be given a key or an object of options; no key is set'],
    [() => KEY, 'Here must be given a key or an object of options; no key is set'],
    [Promise.resolve({ apiKey: KEY }), 'got a promise: use forRootAsync, or await it first'],
    [{}, 'Here: no key is set: give `apiKey` (any key of the account) or `managementKey`'],
    [{ apiKey: undefined, managementKey: undefined }, 'Here: no key is set'],
    ['', 'Here: `apiKey` must not be blank; check that the environment variable'],
    [' ', 'Here: `apiKey` must not be blank'],
  ])('%j is refused', (input, text) => {
    expect(refusal(input).message).toContain(text);
  });
});

describe('keys', () => {
  it.each<[string, object, { api: boolean; management: boolean }, [string, string]]>([
    ['apiKey', { apiKey: KEY }, { api: true, management: false }, ['apiKey', 'apiKey']],
    [
      'managementKey',
      { managementKey: KEY },
      { api: false, management: true },
      ['managementKey', 'managementKey'],
    ],
    [
      'both',
      { apiKey: KEY, managementKey: 'other-key' },
      { api: true, management: true },
      ['apiKey', 'managementKey'],
    ],
    [
      'a SecretString',
      { apiKey: new SecretString(KEY) },
      { api: true, management: false },
      ['apiKey', 'apiKey'],
    ],
    [
      'a function',
      { managementKey: () => KEY },
      { api: false, management: true },
      ['managementKey', 'managementKey'],
    ],
  ])('%s: is known of, and serves what it can', (_name, input, set, [api, management]) => {
    const { options, keys } = resolveOptions(input, 'Here');
    expect(options.keys).toEqual(set);
    expect([keys.api.option, keys.management.option]).toEqual([api, management]);
  });

  it.each<[string, unknown, string]>([
    ['null', null, 'must be a string, a SecretString, or a function that returns one of them'],
    ['a number', 7, 'must be a string, a SecretString, or a function that returns one of them'],
    ['an object', { key: KEY }, 'must be a string, a SecretString, or a function that returns one of them'],
    ['a list', [KEY], 'must be a string, a SecretString, or a function that returns one of them'],
    ['false', false, 'must be a string, a SecretString, or a function that returns one of them'],
    ['a String', Object(KEY), 'must be a string, a SecretString, or a function that returns one of them'],
    ['empty', '', 'must not be blank; check that the environment variable that it comes from is set'],
    ['blank', ' \t', 'must not be blank'],
    ['padded', ` ${KEY}`, 'has white space or a line break around it; remove it'],
    ['with a line break', `${KEY}\n`, 'has white space or a line break around it'],
    ['with a carriage return', `${KEY}\r`, 'has white space or a line break around it'],
    ['with a header in it', `${KEY}\r\nx-evil: 1`, 'has a character that no HTTP header can carry'],
    [
      'with a space in it',
      `${KEY.slice(0, 20)} ${KEY.slice(20)}`,
      'has a character that no HTTP header can carry',
    ],
    ['with NUL', `${KEY}\0${KEY}`, 'has a character that no HTTP header can carry'],
    ['with a Cyrillic letter', `${KEY}а`, 'has a character that no HTTP header can carry'],
    ['with a typographic dash', KEY.replace('-', '–'), 'has a character that no HTTP header can carry'],
    ['with its scheme', `Bearer ${KEY}`, 'must be the key alone; leave out "Bearer"'],
    ['with its scheme in lower case', `bearer\t${KEY}`, 'must be the key alone'],
    [
      'what a template makes of nothing',
      'undefined',
      "must not be the text 'undefined'; check that the environment variable",
    ],
    ['what a script makes of nothing', ' null', "must not be the text 'null'"],
    ['a blank SecretString', new SecretString(''), 'must not be blank'],
    ['a padded SecretString', new SecretString(`${KEY} `), 'has white space or a line break around it'],
  ])('cannot be %s', (_name, key, text) => {
    for (const option of ['apiKey', 'managementKey']) {
      const other = option === 'apiKey' ? 'managementKey' : 'apiKey';
      const { message } = refusal({ [option]: key, [other]: KEY });
      expect(message).toContain(`Here: \`${option}\` ${text}`);
    }
  });

  it('may look like no key of OpenRouter: gateways have their own', () => {
    expect(() => resolveOptions('x', 'Here')).not.toThrow();
    expect(() => resolveOptions('pk_live:a/b+c=~!', 'Here')).not.toThrow();
  });

  it('are not asked for yet where a function gives them', () => {
    let asked = 0;
    resolveOptions({ apiKey: () => String((asked += 1)) }, 'Here');
    expect(asked).toBe(0);
  });
});

describe('baseUrl', () => {
  it.each([
    ['https://openrouter.ai/api/v1', 'https://openrouter.ai/api/v1'],
    ['https://openrouter.ai/api/v1/', 'https://openrouter.ai/api/v1'],
    ['https://openrouter.ai/api/v1//', 'https://openrouter.ai/api/v1'],
    ['https://eu.openrouter.ai/api/v1', 'https://eu.openrouter.ai/api/v1'],
    ['https://openrouter.ai/api/v2', 'https://openrouter.ai/api/v2'],
    ['https://not-openrouter.ai', 'https://not-openrouter.ai'],
    ['https://openrouter.ai.example/', 'https://openrouter.ai.example'],
    ['https://gateway.example:8443/a/b', 'https://gateway.example:8443/a/b'],
    ['https://gateway.example', 'https://gateway.example'],
    ['https://gateway.example/', 'https://gateway.example'],
    ['http://localhost:3000/api/v1', 'http://localhost:3000/api/v1'],
    ['http://LocalHost/v1', 'http://localhost/v1'],
    ['http://127.1/v1', 'http://127.0.0.1/v1'],
    ['http://127.0.0.1:3000/v1', 'http://127.0.0.1:3000/v1'],
    ['http://127.8.9.10/v1', 'http://127.8.9.10/v1'],
    ['http://[::1]:3000/v1', 'http://[::1]:3000/v1'],
  ])('%s is fine', (baseUrl, expected) => {
    expect(optionsOf({ baseUrl }).baseUrl).toBe(expected);
  });

  it.each([
    'http://openrouter.ai/api/v1',
    'http://10.0.0.1/v1',
    'http://0.0.0.0/v1',
    'http://128.0.0.1/v1',
    'http://[::2]/v1',
    'http://localhost.evil.com/v1',
    'http://notlocalhost/v1',
    'http://api.localhost/v1',
    'http://evil.localhost/v1',
    'http://localhost./v1',
    'http://[::ffff:7f00:1]/v1',
    'http://1.127.0.0/v1',
    // A host name that begins like a loopback address is none.
    'http://127.evil.com/v1',
    'http://127.0.0.1.evil.com/v1',
  ])('%s needs `allowInsecureBaseUrl`', (baseUrl) => {
    expect(refusalOf({ baseUrl })).toBe(
      'Here: `baseUrl` must use https:, since the key would travel in clear text; ' +
        'for a trusted network set `allowInsecureBaseUrl: true`.',
    );
    expect(refusalOf({ baseUrl, allowInsecureBaseUrl: false })).toContain('must use https:');
    expect(optionsOf({ baseUrl, allowInsecureBaseUrl: true })).toMatchObject({
      baseUrl,
      allowInsecureBaseUrl: true,
    });
  });

  it('needs it whatever stands first', () => {
    expect(optionsOf({ allowInsecureBaseUrl: true, baseUrl: 'http://api.test' }).baseUrl).toBe(
      'http://api.test',
    );
    expect(optionsOf({ baseUrl: 'http://api.test', allowInsecureBaseUrl: true }).baseUrl).toBe(
      'http://api.test',
    );
  });

  it.each<[unknown, string]>([
    ['', 'must not be empty; leave it out, or check the environment variable that it comes from'],
    ['openrouter.ai/api/v1', 'must be an absolute URL'],
    ['/api/v1', 'must be an absolute URL'],
    ['//openrouter.ai/api/v1', 'must be an absolute URL'],
    ['ftp://openrouter.ai', 'must be an absolute URL'],
    ['file:///etc/passwd', 'must be an absolute URL'],
    ['data:text/plain,x', 'must be an absolute URL'],
    ['https://', 'must be an absolute URL'],
    [' https://openrouter.ai/api/v1', 'must be an absolute URL'],
    ['https://openrouter.ai/api/v1\n', 'must be an absolute URL'],
    [null, 'must be an absolute URL'],
    [7, 'must be an absolute URL'],
    [new URL('https://openrouter.ai/api/v1'), 'must be an absolute URL'],
    ['https://user@openrouter.ai/api/v1', 'must not hold credentials; use `apiKey` or `managementKey`'],
    [`https://user:${KEY}@openrouter.ai/api/v1`, 'must not hold credentials'],
    ['https://openrouter.ai/api/v1?a=b', 'must have neither a query nor a fragment'],
    ['https://openrouter.ai/api/v1#a', 'must have neither a query nor a fragment'],
    // Empty ones would still swallow the path of every call.
    ['https://openrouter.ai/api/v1?', 'must have neither a query nor a fragment'],
    ['https://openrouter.ai/api/v1#', 'must have neither a query nor a fragment'],
    ['https://openrouter.ai/api/v1?#', 'must have neither a query nor a fragment'],
  ])('%j is refused', (baseUrl, text) => {
    expect(refusalOf({ baseUrl })).toContain(`\`baseUrl\` ${text}`);
  });

  it.each([
    ['https://openrouter.ai', 'https://openrouter.ai/api/v1'],
    ['https://openrouter.ai/', 'https://openrouter.ai/api/v1'],
    ['https://OpenRouter.ai/v1', 'https://openrouter.ai/api/v1'],
    ['https://openrouter.ai/api', 'https://openrouter.ai/api/v1'],
    ['https://openrouter.ai/api/', 'https://openrouter.ai/api/v1'],
    ['https://eu.openrouter.ai', 'https://eu.openrouter.ai/api/v1'],
  ])('%s lacks the version path, without which OpenRouter answers with web pages', (baseUrl, fix) => {
    expect(refusalOf({ baseUrl })).toBe(`Here: \`baseUrl\` lacks the version path of the API; write ${fix}.`);
  });

  it.each([
    'https:openrouter.ai/api/v1',
    'https://openrouter.ai/api\n/v1',
    'https:\\\\openrouter.ai\\api\\v1',
  ])('%j is refused, or becomes what it means', (baseUrl) => {
    let result: string;
    try {
      result = optionsOf({ baseUrl }).baseUrl;
    } catch (error) {
      result = (error as Error).message;
    }
    expect([
      'https://openrouter.ai/api/v1',
      expect.stringContaining('must be an absolute URL'),
    ]).toContainEqual(result);
  });
});

const DURATION = 'must be a number of milliseconds above 0 and at most 2147483647';
const DELAY = 'must be a number of milliseconds from 0 to 2147483647';
const CATEGORIES = 'must be a list of at most two categories';
const HEADER_CHARACTER = 'has a character that no HTTP header can carry; use printable ASCII';

describe('what each option takes', () => {
  it.each<[string, unknown[]]>([
    ['allowInsecureBaseUrl', [true, false]],
    ['verifyKeysOnBootstrap', [true, false]],
    ['httpReferer', ['https://shop.example', 'http://localhost:3000/a?b=c#d']],
    ['appTitle', ['x', 'The Shop (EU)', '~!@#$%^&*()']],
    ['appCategories', [[], ['cloud-agent'], ['a', 'b1-c'], ['x'.repeat(30)]]],
    ['timeoutMs', [0.5, 1, 10_000, 2_147_483_647]],
    ['deadlineMs', [0.5, 1, 2_147_483_647]],
    ['maxResponseBytes', [1, 1_024, 268_435_456]],
  ])('%s', (name, values) => {
    for (const value of values) {
      expect(optionsOf({ [name]: value })).toMatchObject({ [name]: value });
    }
  });

  it.each<[string, unknown[]]>([
    ['maxRetries', [0, 1, 100]],
    ['initialDelayMs', [0, 0.5, 2_147_483_647]],
    ['backoffMultiplier', [1, 1.5, 100]],
    ['maxDelayMs', [0, 8_000, 2_147_483_647]],
    ['retryCodes', [[], [400], [599, 429, 429]]],
    ['retryThrottledPost', [true, false]],
  ])('retry.%s', (name, values) => {
    for (const value of values) {
      expect(optionsOf({ retry: { [name]: value } }).retry).toEqual({ ...DEFAULT_RETRY, [name]: value });
    }
  });

  it('retry: false', () => {
    expect(optionsOf({ retry: false }).retry).toBe(false);
    expect(optionsOf({ retry: {} }).retry).toEqual(DEFAULT_RETRY);
  });
});

describe('what each option refuses', () => {
  it.each<[string, string, unknown[]]>([
    ['allowInsecureBaseUrl', 'must be true or false', [null, 'true', 1, 0, {}]],
    ['verifyKeysOnBootstrap', 'must be true or false', [null, 'true', 1, 0, {}]],
    ['timeoutMs', DURATION, [null, 0, -1, NaN, Infinity, 2_147_483_648, '10', true, [10], 10n, new Date()]],
    ['deadlineMs', DURATION, [null, 0, -1, NaN, Infinity, 2_147_483_648, '10']],
    [
      'maxResponseBytes',
      'must be a whole number from 1 to 268435456',
      [null, 0, 1.5, -1, NaN, 268_435_457, '1', Infinity],
    ],
    [
      'httpReferer',
      'must be an absolute URL, for example https://example.com',
      [null, '', 'shop.example', 'ftp://x.y', 7, 'javascript:alert(1)'],
    ],
    ['httpReferer', HEADER_CHARACTER, ['https://shop.example/é', 'https://shop.example/\nx']],
    ['appTitle', 'must be a non-empty string', [null, '', '  ', 7, ['x']]],
    ['appTitle', HEADER_CHARACTER, ['Café', 'a\nb', 'a\r\nx-evil: 1', '\0', '€']],
    [
      'appCategories',
      CATEGORIES,
      [null, 'a', ['a', 'b', 'c'], ['A'], ['a b'], [''], ['x'.repeat(31)], [7], {}],
    ],
    [
      'headers',
      "must be an object of strings, for example { 'x-team': 'billing' }",
      [null, [], 'x: y', 7, [['a', 'b']]],
    ],
    ['retry', 'must be false or an object, for example { maxRetries: 1 }', [null, true, 3, 'no', [], 0]],
    ['axios', 'must be an object, for example { httpsAgent }', [null, [], 'x', 7, true]],
  ])('%s %s', (name, text, values) => {
    for (const value of values) {
      expect([value, refusalOf({ [name]: value })]).toEqual([
        value,
        expect.stringContaining(`Here: \`${name}\` ${text}`),
      ]);
    }
  });

  it.each<[string, string, unknown[]]>([
    ['maxRetries', 'must be a whole number from 0 to 100', [null, -1, 1.5, 101, NaN, Infinity, '3', true]],
    ['initialDelayMs', DELAY, [null, -1, NaN, Infinity, 2_147_483_648, '5']],
    ['maxDelayMs', DELAY, [null, -1, NaN, Infinity, 2_147_483_648, '5']],
    ['backoffMultiplier', 'must be a number from 1 to 100', [null, 0, 0.9, 101, NaN, Infinity, '2']],
    [
      'retryCodes',
      'must be a list of HTTP statuses from 400 to 599, for example [429, 503]',
      [null, 429, ['429'], [399], [600], [429.5], [NaN], {}, [null], '429'],
    ],
    ['retryThrottledPost', 'must be true or false', [null, 'yes', 1]],
  ])('retry.%s %s', (name, text, values) => {
    for (const value of values) {
      expect([value, refusalOf({ retry: { [name]: value } })]).toEqual([
        value,
        `Here: \`retry.${name}\` ${text}; got ${shown(value)}.`,
      ]);
    }
  });

  it('names everything that is wrong at once', () => {
    const message = refusalOf({
      timeoutMs: 0,
      retry: { maxRetries: -1, maxDelayMs: 'x' },
      baseUrl: 'x',
      nonsense: 1,
    });
    for (const name of ['timeoutMs', 'retry.maxRetries', 'retry.maxDelayMs', 'baseUrl', 'nonsense']) {
      expect(message).toContain(`\`${name}\``);
    }
    expect(message.startsWith('Here: ')).toBe(true);
  });
});

describe('headers', () => {
  it('are kept under their lower-case names, the last one of a kind', () => {
    const { headers, options } = resolveOptions(
      { apiKey: KEY, headers: { 'X-Team': 'one', 'x-team': 'two', 'X-Empty': '', 'x-tab': 'a\tb' } },
      'Here',
    );
    expect(headers).toEqual({ 'x-team': 'two', 'x-empty': '', 'x-tab': 'a\tb' });
    expect(options.headers).toEqual(headers);
  });

  it.each([
    'Authorization',
    'AUTHORIZATION',
    'authorization',
    'Proxy-Authorization',
    'Host',
    'Connection',
    'Content-Length',
    'content-type',
    'Transfer-Encoding',
    'Accept',
    'ACCEPT-ENCODING',
  ])('may not be %s', (name) => {
    expect(refusalOf({ headers: { 'x-fine': 'a', [name]: 'x' } })).toBe(
      name.toLowerCase() === 'authorization'
        ? 'Here: `headers` may not set `authorization`; use `apiKey` or `managementKey`.'
        : `Here: \`headers\` may not set \`${name}\`, which the package sets itself.`,
    );
  });

  it.each(['', 'x y', 'x:y', 'x\n', 'é', 'x(y)', ' x', 'x\0'])('may not be named %j', (name) => {
    expect(refusalOf({ headers: { [name]: 'x' } })).toContain(
      '`headers` has a name that is not a valid HTTP header name',
    );
  });

  it.each<unknown>(['a\r\nb', 'é', '\0', 7, null, undefined, ['a'], {}, '\u007f'])(
    'may not be %j',
    (value) => {
      expect(refusalOf({ headers: { 'x-team': value } })).toBe(
        'Here: `headers` has a value for `x-team` that no HTTP header can carry; use printable ASCII.',
      );
    },
  );

  it('whose names speak of secrets are sent, and not shown', () => {
    const secret = 'gateway-pass-1234567890';
    const names = [
      'X-Api-Key',
      'x-auth-token',
      'Cookie',
      'x-client-secret',
      'x-signature',
      'CF-Access-Client-Secret',
      'x-password',
      'x-passphrase',
      'x-pwd',
      'x-credential',
      'x-session-id',
      'x-jwt',
    ];
    const settings = resolveOptions(
      { apiKey: KEY, headers: Object.fromEntries(names.map((name) => [name, secret])) },
      'Here',
    );
    expect(Object.values(settings.headers)).toEqual(names.map(() => secret));
    expect(settings.options.headers).toEqual(
      Object.fromEntries(names.map((name) => [name.toLowerCase(), '[redacted]'])),
    );
  });

  it('are shown without what is shaped like a key', () => {
    expect(optionsOf({ headers: { 'x-note': `for ${KEY}`, 'x-upstream': 'Bearer abcdef' } }).headers).toEqual(
      {
        'x-note': 'for [redacted]',
        'x-upstream': 'Bearer [redacted]',
      },
    );
  });
});

describe('axios', () => {
  it('settings keep their identity', () => {
    const httpsAgent = new Agent();
    agents.push(httpsAgent);
    const adapter = () => Promise.reject(new Error('x'));
    const lookup = () => undefined;
    const proxy = { host: '127.0.0.1', port: 8080 };
    const { axios } = resolveOptions(
      { apiKey: KEY, axios: { httpsAgent, adapter, lookup, proxy, family: 4, httpAgent: undefined } },
      'Here',
    );
    expect(axios.httpsAgent).toBe(httpsAgent);
    expect(axios.adapter).toBe(adapter);
    expect(axios.lookup).toBe(lookup);
    expect(axios.proxy).toBe(proxy);
    expect(axios.family).toBe(4);
    expect(Object.isFrozen(axios)).toBe(true);
    expect(Object.isFrozen(httpsAgent)).toBe(false);
  });

  it.each<[unknown]>([[[]], [[undefined]], [null], [false], [['fetch', 'carrier pigeon']]])(
    'need an adapter where one is set: %j',
    (adapter) => {
      expect(refusalOf({ axios: { adapter } })).toContain("must be a function, 'http' or 'fetch'");
    },
  );

  it.each([
    ['headers', 'is not known; there are `adapter`, `family`, `httpAgent`'],
    ['maxRedirects', 'is not known'],
    ['timeout', 'is not known'],
    ['auth', 'is not known'],
    ['httpsagent', 'is not known; did you mean `httpsAgent`?'],
    ['Proxy', 'is not known; did you mean `proxy`?'],
    ['transport', 'is not known'],
  ])('cannot set %s', (name, text) => {
    expect(refusalOf({ axios: { [name]: {} } })).toContain(`Here: \`axios.${name}\` ${text}`);
  });
});

describe('names that are not known', () => {
  it.each([
    ['apikey', 'apiKey'],
    ['api_key', 'apiKey'],
    ['ApiKey', 'apiKey'],
    ['managmentKey', 'managementKey'],
    ['baseURL', 'baseUrl'],
    ['timeout', 'timeoutMs'],
    ['deadline', 'deadlineMs'],
    ['header', 'headers'],
    ['retrys', 'retry'],
    ['referer', 'httpReferer'],
    ['retries', undefined],
    ['x', undefined],
    ['', undefined],
    ['toString', undefined],
    ['constructor', undefined],
  ])('%s: did you mean %s?', (name, meant) => {
    const message = refusal(JSON.parse(`{"managementKey":"abcdef",${JSON.stringify(name)}:1}`)).message;
    if (meant === undefined) {
      expect(message).toContain(
        `Here: \`${name}\` is not known; there are \`apiKey\`, \`managementKey\`, \`baseUrl\``,
      );
    } else {
      expect(message).toBe(`Here: \`${name}\` is not known; did you mean \`${meant}\`?`);
    }
  });

  it.each([
    ['maxRetry', 'maxRetries'],
    ['maxretries', 'maxRetries'],
    ['initialDelay', 'initialDelayMs'],
    ['retryThrottledPosts', 'retryThrottledPost'],
  ])('below retry, too: %s', (name, meant) => {
    expect(refusalOf({ retry: { [name]: 1 } })).toBe(
      `Here: \`retry.${name}\` is not known; did you mean \`${meant}\`?`,
    );
  });

  // Left to itself, class-validator takes what every object inherits for a known name.
  it.each(['__proto__', 'hasOwnProperty', 'isPrototypeOf', 'propertyIsEnumerable', '__defineGetter__'])(
    'not even %s passes',
    (name) => {
      const input: unknown = JSON.parse(`{"apiKey":"abcdef","${name}":{"timeoutMs":1}}`);
      expect(refusal(input).message).toContain(`\`${name}\` is not known`);
    },
  );

  it('and nothing comes in by a prototype', () => {
    const { options } = resolveOptions(
      JSON.parse('{"apiKey":"abcdef","headers":{"__proto__":"x"},"axios":{}}'),
      'Here',
    );
    expect(options.timeoutMs).toBe(10_000);
    expect(Reflect.get({}, 'timeoutMs')).toBeUndefined();
    expect(
      resolveOptions(
        Object.create({ timeoutMs: 5 }, { apiKey: { value: KEY, enumerable: true } }) as object,
        'Here',
      ).options.timeoutMs,
    ).toBe(10_000);
  });

  it('symbols are nobody’s option', () => {
    expect(optionsOf({ [Symbol('timeoutMs')]: 5 })).toEqual(optionsOf({}));
  });

  it('a key that stands in place of a name is not shown', () => {
    const { message } = refusal({ apiKey: 'abcdef', [KEY]: true, retry: { [KEY]: 1 } });
    expect(message).toContain('[redacted]');
  });
});

describe('what comes out', () => {
  it('is frozen all the way down', () => {
    const settings = resolveOptions(
      { apiKey: KEY, appCategories: ['a'], headers: { 'x-a': 'b' }, retry: { retryCodes: [429] } },
      'Here',
    );
    const open: string[] = [];
    const check = (value: unknown, path: string): void => {
      if (typeof value !== 'object' || value === null) return;
      if (!Object.isFrozen(value)) open.push(path);
      for (const [name, member] of Object.entries(value)) check(member, `${path}.${name}`);
    };
    check(settings.options, 'options');
    check(settings.headers, 'headers');
    expect(open).toEqual([]);
  });

  it('shares nothing with what went in, and leaves that as it was', () => {
    const input = {
      apiKey: KEY,
      timeoutMs: 5,
      headers: { 'X-Team': 'one' } as Record<string, string>,
      appCategories: ['a'],
      retry: { maxRetries: 1, retryCodes: [429] },
      axios: { family: 4 as 4 | 6 },
    };
    const before = structuredClone(input);
    const settings = resolveOptions(input, 'Here');
    expect(input).toEqual(before);
    expect(Object.isFrozen(input.headers) || Object.isFrozen(input.retry.retryCodes)).toBe(false);
    input.headers['X-Team'] = 'two';
    input.headers['x-new'] = 'x';
    input.appCategories.push('b');
    input.retry.maxRetries = 9;
    input.retry.retryCodes.push(500);
    input.axios.family = 6;
    input.timeoutMs = 6;
    expect(settings.headers).toEqual({ 'x-team': 'one' });
    expect(settings.axios.family).toBe(4);
    expect(settings.options).toMatchObject({
      timeoutMs: 5,
      appCategories: ['a'],
      headers: { 'x-team': 'one' },
      retry: { maxRetries: 1, retryCodes: [429] },
    });
  });

  it('may be asked for from a frozen input', () => {
    const input = Object.freeze({ apiKey: KEY, retry: Object.freeze({ retryCodes: Object.freeze([429]) }) });
    expect(resolveOptions(input, 'Here').options.retry).toMatchObject({ retryCodes: [429] });
  });

  it('shows no key', () => {
    for (const key of [KEY, new SecretString(KEY), () => KEY]) {
      const { options } = resolveOptions(
        { apiKey: key, managementKey: key, headers: { 'x-key': KEY } },
        'Here',
      );
      expect(leaksIn(options, [KEY])).toEqual([]);
      expect(inspect(options, { depth: Infinity })).toContain('api: true');
    }
  });
});

describe('retry settings of a call', () => {
  it.each<[string, Parameters<typeof mergeRetry>[0], Parameters<typeof mergeRetry>[1], unknown]>([
    ['none', DEFAULT_RETRY, undefined, DEFAULT_RETRY],
    ['none over false', false, undefined, false],
    ['false', DEFAULT_RETRY, false, false],
    ['one of them', DEFAULT_RETRY, { maxRetries: 7 }, { ...DEFAULT_RETRY, maxRetries: 7 }],
    [
      'undefined ones',
      DEFAULT_RETRY,
      { maxRetries: undefined, maxDelayMs: 1 },
      { ...DEFAULT_RETRY, maxDelayMs: 1 },
    ],
    ['some over false', false, { maxRetries: 1 }, { ...DEFAULT_RETRY, maxRetries: 1 }],
    [
      'zeros',
      DEFAULT_RETRY,
      { maxRetries: 0, initialDelayMs: 0 },
      { ...DEFAULT_RETRY, maxRetries: 0, initialDelayMs: 0 },
    ],
  ])('%s', (_name, base, over, expected) => {
    expect(mergeRetry(base, over)).toEqual(expected);
    expect(DEFAULT_RETRY.maxRetries).toBe(3);
  });
});
