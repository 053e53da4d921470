import { Logger } from '@nestjs/common';
import type {
  OpenRouterAttempt,
  OpenRouterInstrumentation,
  OpenRouterRetry,
} from '../contracts/instrumentation.js';

/**
 * Writes a line to Nest's log for every retry.
 *
 * @example
 * ```ts
 * OpenRouterModule.forRoot({ managementKey, instrumentation: new OpenRouterRetryLogger() });
 * ```
 */
export class OpenRouterRetryLogger implements OpenRouterInstrumentation {
  /** @internal */
  private readonly logger = new Logger('OpenRouter');

  /** Called by the package. */
  onRetry({ operation, account, attempt }: OpenRouterAttempt, { error, delayMs }: OpenRouterRetry): void {
    this.logger.warn(
      `${operation} (account ${account}) will be tried again in ${Math.round(delayMs)} ms; ` +
        `attempt ${attempt} failed with ${error.code}: ${error.message}`,
    );
  }
}
