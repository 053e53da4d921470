import type { SandboxCancelledBilling, SandboxCompletionDecider } from './sandbox-completions.js';

/** What a test may change while the sandbox runs. */
export interface SandboxSettings {
  /** The delay of every answer, in milliseconds. */
  latencyMs: number;
  /** From the end of a completion until `GET /generation` finds it, in milliseconds. */
  generationDelayMs: number;
  cancelledBilling: SandboxCancelledBilling;
  decide: SandboxCompletionDecider | undefined;
}
