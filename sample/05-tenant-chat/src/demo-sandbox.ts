import { OpenRouterSandbox } from 'nestjs-openrouter/testing';

/** Answers of some length, whose price lets the free plan end after eight of them. */
export async function startSandbox(): Promise<OpenRouterSandbox> {
  const sandbox = await OpenRouterSandbox.start({ completionCost: 0.061234567 });
  sandbox.onCompletion(() => ({ chunks: 40, chunkDelayMs: 40 }));
  return sandbox;
}
