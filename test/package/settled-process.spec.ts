import { expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { OpenRouterSandbox } from '../../lib/testing/index.js';

const CODE = `
  import { OpenRouterClient } from 'nestjs-openrouter';
  const { baseUrl, apiKey } = JSON.parse(process.env.SANDBOX);
  const client = new OpenRouterClient({ baseUrl, apiKey });
  client.metering.costs$.subscribe(({ source }) => console.log(source));
  const answer = await client.metering.fetch(baseUrl + '/chat/completions', {
    method: 'POST',
    headers: { authorization: 'Bearer ' + apiKey, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'openai/gpt-4.1', stream: true, messages: [{ role: 'user', content: 'Hi' }] }),
  });
  for await (const _ of answer.body) break;
  await client.metering.settled();
  console.log('settled');
`;

it('a script that waits for settled() does not end before the cost of a stream that it has left is known', async () => {
  const sandbox = await OpenRouterSandbox.start({ generationDelayMs: 1_500 });
  // Long enough to be left before it states its cost.
  sandbox.onCompletion(() => ({ chunks: 1_000, chunkDelayMs: 20 }));
  try {
    const { baseUrl, apiKey } = sandbox;
    const env = { ...process.env, SANDBOX: JSON.stringify({ baseUrl, apiKey }) };
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', CODE], {
      env,
    });
    expect(stdout).toBe('generation\nsettled\n');
  } finally {
    await sandbox.stop();
  }
});
