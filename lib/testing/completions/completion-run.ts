import type { Account } from '../account/account.js';
import type { SandboxCancelledBilling } from '../sandbox-completions.js';
import { type CompletionPlan, costsOf, tokensOf } from './plan.js';

/** A completion while its answer is sent. Its first ending is the one that is billed. */
export interface CompletionRun {
  /** To be called before each text chunk of a stream. */
  chunkSent(): void;
  /** To be called before the last byte, or when an answer is lost that was carried out. */
  end(): void;
  /** The client has gone, or its connection is cut. */
  leave(): void;
}

/** @param billing - Asked when a stream is left. */
export function startRun(
  account: Account,
  plan: CompletionPlan,
  billing: () => SandboxCancelledBilling,
): CompletionRun {
  const { generation, chunks, produced, ending } = plan;
  let sent = 0;
  let isOver = false;
  const finish = (billed: number, isCancelled: boolean): void => {
    if (isOver) return;
    isOver = true;
    account.complete({
      ...generation,
      endedAt: new Date(),
      ...costsOf(plan, billed),
      completionTokens: tokensOf(plan, billed),
      isCancelled,
      hasFailed: ending === 'failed' && !isCancelled,
    });
  };
  const end = (): void => finish(produced, false);
  return {
    chunkSent: () => {
      sent += 1;
    },
    end,
    leave: () => {
      if (!generation.streamed) end();
      else finish(billing() === 'stops' ? sent : ending === 'failed' ? produced : chunks, true);
    },
  };
}
