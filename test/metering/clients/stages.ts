import type { CompletionCost } from '../../../lib/contracts/completion-cost.js';
import type { OpenRouterClient } from '../../../lib/openrouter.client.js';
import type { MeteringOptions } from '../../../lib/options/openrouter-options.js';
import type { SpendLimitsOptions } from '../../../lib/options/spend-limits-options.js';
import { OpenRouterSandbox } from '../../../lib/testing/index.js';
import { clientOf, endLater } from '../../support/servers.js';
import { type Exchange, startTap, type Tap } from './tap.js';

/** A sandbox, and the tap in front of it. */
export interface Stage {
  readonly sandbox: OpenRouterSandbox;
  readonly tap: Tap;
}

/** A stage whose completions are metered. */
export interface MeteredStage extends Stage {
  readonly openRouter: OpenRouterClient;
  readonly costs: CompletionCost[];
}

/** Waits too short to notice, and enough of them for a busy machine. */
const LOOKUP_DELAYS_MS = [1, 4, 15, 30, 50, 100, 200, 500, 1_000, 2_000, 4_000];

/** `cleanUp` ends it. */
export async function startStage(): Promise<Stage> {
  const sandbox = await OpenRouterSandbox.start();
  endLater(() => sandbox.stop());
  return { sandbox, tap: await startTap(sandbox.baseUrl) };
}

/** `cleanUp` ends it. */
export async function startMeteredStage(
  metering: MeteringOptions = {},
  spendLimits?: SpendLimitsOptions,
): Promise<MeteredStage> {
  const { sandbox, tap } = await startStage();
  const openRouter = clientOf(tap, {
    apiKey: sandbox.apiKey,
    managementKey: sandbox.managementKey,
    metering: { lookupDelaysMs: LOOKUP_DELAYS_MS, shutdownMs: 0, ...metering },
    ...(spendLimits !== undefined && { spendLimits }),
  });
  const costs: CompletionCost[] = [];
  openRouter.metering.costs$.subscribe((cost) => costs.push(cost));
  return { sandbox, tap, openRouter, costs };
}

/** The requests for completions that have passed. */
export function completionsIn({ exchanges }: Tap): Exchange[] {
  return exchanges.filter(({ method }) => method === 'POST');
}
