import { OpenRouterSandbox } from 'nestjs-openrouter/testing';
import { createApp, listen, openAccount, readListenAddress, runSample } from 'sample-shared';
import { readAccount } from './account.js';
import { AppModule } from './app.module.js';
import { openRedis } from './redis.js';

/** OpenRouter's figures are up to a minute late. A sandbox's are not, so that reading it often shows changes at once. */
const POLL_MS = 60_000;
const SANDBOX_POLL_MS = 2_000;

runSample(async () => {
  const address = readListenAddress();
  const { title, sandbox } = await openAccount({ keys: ['OPENROUTER_API_KEY'], startSandbox });
  console.log(title);

  const module = AppModule.of({
    account: readAccount(),
    redis: openRedis(),
    pollIntervalMs: sandbox === undefined ? POLL_MS : SANDBOX_POLL_MS,
  });
  const app = await createApp(module, { sandbox });
  await listen(app, address);
  console.log(usage(await app.getUrl()));
});

/** Few credits and expensive completions, so that the alerts come soon. */
function startSandbox(): Promise<OpenRouterSandbox> {
  return OpenRouterSandbox.start({
    credits: { totalCredits: 10, totalUsage: 8 },
    completionCost: 0.25,
  });
}

function usage(url: string): string {
  return [
    '',
    `Completions  curl ${url}/completions -H 'Content-Type: application/json' -d '{ "prompt": "Hello" }'`,
    `Stream       curl -N ${url}/completions/stream -H 'Content-Type: application/json' -d '{ "prompt": "Hello" }'`,
    `Health       curl ${url}/health`,
    `Metrics      curl ${url}/metrics`,
  ].join('\n');
}
