import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { withoutPollution } from '../../lib/options/pollution.js';
import { cleanUp, sendError, sendJson, startServer } from '../support/servers.js';

afterEach(cleanUp);

const AUTHORIZATION = `Bearer sk-or-v1-${'a1b2c3d4'.repeat(8)}`;

/** What options, calls, axios, Node and answers are made of. */
const NAMES = {
  options:
    'apiKey managementKey baseUrl headers timeoutMs deadlineMs retry retryCodes signal axios balance store instrumentation maxAgeMs isRefresh days workspaceId',
  calls:
    'operation method path parameters query key body decode gone awaitMs startedAt isInference value failure stale connection delayMs what',
  arguments:
    'date apiKeyHash userId workspaceId groupBy offset includeDisabled waitMs scrub limitReset expiresAt amount',
  axios:
    'adapter auth authorization data params proxy transformRequest transformResponse transport responseType validateStatus',
  node: 'agent createConnection lookup host port socketPath family get set writable connect end close resume',
  lists: '0 1 2 index next done',
  answers: 'url source error metadata status code message name delivery toJSON limit usage cause reason',
};

const KEY = {
  hash: '0'.repeat(64),
  name: 'a',
  label: 'b',
  disabled: false,
  limit: null,
  limit_remaining: null,
  usage: 0,
  usage_daily: 0,
  usage_weekly: 0,
  usage_monthly: 0,
};

const ANSWERS: Readonly<Record<string, object>> = {
  'GET /credits': { data: { total_credits: 100.5, total_usage: 25.75 } },
  'GET /key': { data: { ...KEY, is_management_key: false, is_free_tier: false } },
  'GET /keys': { data: [KEY] },
  'POST /keys': { data: KEY, key: 'sk-or-v1-new' },
  [`DELETE /keys/${KEY.hash}`]: { deleted: true },
  'GET /generation': { data: { id: 'gen-1', total_cost: 0.5, usage: 0.5 } },
  'GET /activity': {
    data: [
      {
        date: '2026-11-27',
        model: 'm',
        usage: 1,
        byok_usage_inference: 0,
        requests: 1,
        prompt_tokens: 1,
        completion_tokens: 1,
        reasoning_tokens: 0,
      },
    ],
  },
};

/** What the calls found and sent, with these names on Object.prototype. */
async function callsWith(polluted: readonly string[]) {
  const sent = new Set<string>();
  const server = await startServer(({ method, path, headers, body }, response) => {
    const { host: _host, ...rest } = headers;
    sent.add(JSON.stringify({ method, path, headers: rest, body }));
    const operation = `${method} ${path.replace('/api/v1', '').replace(/\?.*/, '')}`;
    if (path.includes('/hang')) return;
    const answer = ANSWERS[operation];
    if (answer === undefined) sendError(response, path.includes('coinbase') ? 410 : 403);
    else sendJson(response, answer);
  });
  const { stdout } = await promisify(execFile)(process.execPath, [
    'test/http/support/polluted-caller.mjs',
    JSON.stringify({ baseUrl: server.baseUrl, names: polluted }),
  ]);
  return { found: JSON.parse(stdout).found as string[], requests: [...sent].sort() };
}

describe('calls are as they were, whatever stands on Object.prototype', () => {
  let clean: string[];

  beforeAll(async () => {
    clean = (await callsWith([])).requests;
    expect(clean.length).toBeGreaterThan(10);
  });

  it.each(Object.entries(NAMES))(
    'names of %s',
    async (_kind, names) => {
      const { found, requests } = await callsWith(names.split(' '));
      expect(found).toEqual([]);
      expect(requests).toEqual(clean);
      expect(requests.every((request) => request.includes(AUTHORIZATION))).toBe(true);
    },
    120_000,
  );
});

it('pollution is back when somebody else runs, also after a failure', () => {
  const target = Object.prototype as Record<string, unknown>;
  target['polluted'] = 1;
  target['get'] = 2;
  try {
    const seen = withoutPollution(() => [({} as typeof target)['polluted'], 'get' in {}]);
    expect(seen).toEqual([undefined, false]);
    expect(() =>
      withoutPollution(() => {
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(Object.keys(Object.prototype)).toEqual(['polluted', 'get']);
    expect(({} as typeof target)['polluted']).toBe(1);
  } finally {
    delete target['polluted'];
    delete target['get'];
  }
});
