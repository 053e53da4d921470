import { OpenRouterConfigException } from 'nestjs-openrouter';

/** A reason not to start that its message explains in full. */
export class StartError extends Error {}

/** One line for the terminal; `undefined` for a failure that nobody expected, which needs its stack. */
export function explainStartError(error: unknown): string | undefined {
  return error instanceof StartError || error instanceof OpenRouterConfigException
    ? `Cannot start. ${error.message}`
    : undefined;
}
