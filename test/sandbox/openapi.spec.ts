import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { OpenRouterSandbox } from '../../lib/testing/index.js';
import {
  DOCUMENT_FILE,
  documentedAnswers,
  documentedId,
  isDocumentThere,
  newerProblemOf,
  problemOf,
} from './support/openapi.js';
import { type Answer, call, manage, start } from './support/sandbox.js';

// `call` holds every answer of these suites against the document; here it is seen that none was left out.

const NOT_SERVED = [
  'PATCH /workspaces/{id}',
  'DELETE /workspaces/{id}',
  'GET /analytics/meta',
  'POST /analytics/query',
  // Documented without a body, to say that it never comes.
  'POST /credits/coinbase 200',
];

const served = documentedAnswers.filter(
  ({ id }) => !NOT_SERVED.some((left) => `${id} `.startsWith(`${left} `)),
);

function answersFrom(low: number, high: number): string[] {
  return served.filter(({ status }) => status >= low && status < high).map(({ id }) => id);
}

/** Requests whose answers are remembered by their ids in the document. */
function recorder(sandbox: OpenRouterSandbox) {
  const seen = new Set<string>();
  const note = async (method: string, path: string, given: Promise<Answer>): Promise<Answer> => {
    const answer = await given;
    seen.add(documentedId(method, path, answer.status) ?? `${method} ${path} ${answer.status}`);
    return answer;
  };
  return {
    seen,
    manage: (method: string, path: string, body?: unknown) =>
      note(method, path, manage(sandbox, method, path, body)),
    as: (key: string | undefined, method: string, path: string) =>
      note(method, path, call(sandbox, path, key, { method })),
  };
}

if (!isDocumentThere) {
  const message = `no OpenAPI document at ${DOCUMENT_FILE}; OPENROUTER_OPENAPI may name another place`;
  if (process.env['OPENROUTER_OPENAPI_REQUIRED'] !== undefined) throw new Error(message);
  console.warn(`Skipped: ${message}`);
}

(isDocumentThere ? describe : describe.skip)('by the OpenAPI document', () => {
  it('every success is as described', async () => {
    const sandbox = await start({ generationMisses: 0, keyLimit: 5, keyLimitReset: 'daily' });
    const { seen, manage, as } = recorder(sandbox);
    sandbox.spend(1, { at: new Date(Date.now() - 86_400_000), byokUsd: 0.5 });

    await manage('GET', '/credits');
    await as(sandbox.apiKey, 'GET', '/key');
    await as(sandbox.managementKey, 'GET', '/key');
    const { json } = await manage('POST', '/keys', { name: 'A', expires_at: '2099-01-01T00:00:00Z' });
    await manage('GET', '/keys');
    await manage('GET', `/keys/${json.data.hash}`);
    await manage('PATCH', `/keys/${json.data.hash}`, { limit: null });
    await manage('DELETE', `/keys/${json.data.hash}`);
    expect((await manage('GET', '/activity?group_by=workspace')).json.data).toHaveLength(1);
    await manage('GET', '/activity');
    await manage('GET', '/workspaces');
    await manage('POST', '/workspaces', { name: 'B', slug: 'b' });
    await manage('GET', '/workspaces/b');
    for (const [interval, limit_usd] of [
      ['lifetime', 4],
      ['daily', 1],
    ] as const) {
      await manage('PUT', `/workspaces/b/budgets/${interval}`, { limit_usd });
      await manage('GET', `/workspaces/b/budgets/${interval}`);
    }
    await manage('GET', '/workspaces/b/budgets');
    await manage('DELETE', '/workspaces/b/budgets/daily');
    const completion = await call(sandbox, '/chat/completions', sandbox.apiKey, {
      method: 'POST',
      body: JSON.stringify({ messages: [{ role: 'user', content: 'Hi' }], model: 'acme/unknown' }),
    });
    await as(sandbox.apiKey, 'GET', `/generation?id=${completion.json.id}`);

    expect([...seen].sort()).toEqual(answersFrom(200, 300).sort());
  });

  it('what a key says beyond the document is allowed by name', async () => {
    const sandbox = await start({
      keyLimit: 5,
      guardrails: [{ scope: 'member', limitUsd: 4, resetInterval: 'daily' }],
    });
    await manage(sandbox, 'PUT', '/workspaces/default/budgets/lifetime', { limit_usd: 3 });
    for (const key of [sandbox.apiKey, sandbox.managementKey]) {
      const { json } = await call(sandbox, '/key', key);
      expect(newerProblemOf('GET /key 200', json)).toBeUndefined();
      json.data.novelty = 1;
      expect(newerProblemOf('GET /key 200', json)).toContain('must NOT have additional properties');
    }
    const { json } = await call(sandbox, '/key', sandbox.apiKey);
    expect(json.data.budgets.map(({ scope }: { scope: string }) => scope)).toEqual([
      'member',
      'workspace',
      'key_limit',
    ]);
    json.data.effective_budget.remaining_usd = '3';
    expect(newerProblemOf('GET /key 200', json)).toContain(
      'data/effective_budget/remaining_usd must be number',
    );
  });

  it('every refusal of its own is as described', async () => {
    const sandbox = await start();
    const { seen, manage, as } = recorder(sandbox);
    const own = `/keys/${createHash('sha256').update(sandbox.apiKey).digest('hex')}`;
    const budget = '/workspaces/default/budgets';
    const bad: Record<string, [string, unknown][]> = {
      GET: [
        ['/keys?offset=-1', undefined],
        ['/activity?date=x', undefined],
        [`${budget}/x`, undefined],
      ],
      POST: [
        ['/keys', {}],
        ['/workspaces', {}],
      ],
      PATCH: [[own, []]],
      PUT: [[`${budget}/daily`, {}]],
      DELETE: [[`${budget}/x`, undefined]],
    };
    for (const [method, cases] of Object.entries(bad)) {
      for (const [path, body] of cases) await manage(method, path, body);
    }
    for (const { method, path, status } of served) {
      const missing = exampleOf(path).replace('default', 'nowhere');
      if (status === 401) await as(undefined, method, exampleOf(path));
      if (status === 403) await as(sandbox.apiKey, method, exampleOf(path));
      if (status === 404)
        await manage(method, path === '/activity' ? `${path}?api_key_hash=${'0'.repeat(64)}` : missing);
      if (status === 410) await as(undefined, method, path);
    }
    const expected = [400, 401, 403, 404, 410].flatMap((status) => answersFrom(status, status + 1));
    expect([...seen].sort()).toEqual(expected.sort());
  });

  for (const { id, method, path, status, message } of served.filter((answer) => answer.status >= 400)) {
    it(`failNext can give ${id}, in the words of the document`, async () => {
      const sandbox = await start();
      sandbox.failNext({ method, status });
      const answer = await manage(sandbox, method, exampleOf(path), method === 'GET' ? undefined : {});
      expect(answer.status).toBe(status);
      expect(answer.json.error).toEqual({ code: status, message });
      expect(problemOf(method, path, status, answer.json)).toBeUndefined();
    });
  }

  it('has the refusals of a completion in the common envelope', async () => {
    const envelope = served.find(({ id }) => id === 'GET /credits 403')!;
    const sandbox = await start({ keyLimit: 0, keyLimitStatus: 402 });
    await manage(sandbox, 'PUT', '/workspaces/default/budgets/daily', { limit_usd: 1 });
    const bodies: unknown[] = [];
    for (const arrange of [() => undefined, () => sandbox.spend(2), () => sandbox.spend(1_000)]) {
      arrange();
      const { status, json } = await call(sandbox, '/chat/completions', sandbox.apiKey, {
        method: 'POST',
        body: JSON.stringify({ messages: [{ role: 'user', content: 'Hi' }] }),
      });
      expect(problemOf(envelope.method, envelope.path, envelope.status, json)).toBeUndefined();
      bodies.push([status, json.error.metadata.limit_source]);
    }
    expect(bodies).toEqual([
      [402, 'openrouter_key_limit'],
      [403, 'openrouter_workspace_budget'],
      [402, 'openrouter_credits'],
    ]);
  });

  it('a broken answer would be seen', () => {
    expect(problemOf('GET', '/credits', 200, { data: { total_credits: '1', total_usage: 1 } })).toContain(
      'body/data/total_credits must be number',
    );
    expect(problemOf('GET', '/keys/abc', 404, {})).toContain("must have required property 'error'");
  });
});

/** A path as a request would have it. */
function exampleOf(path: string): string {
  return path.replace('{hash}', '0'.repeat(64)).replace('{id}', 'default').replace('{interval}', 'daily');
}
