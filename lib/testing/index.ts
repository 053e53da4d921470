/**
 * An OpenRouter account on this machine, for tests and demos.
 *
 * @module nestjs-openrouter/testing
 */
export { balanceStoreContract } from './contracts/balance-store.contract.js';
export { spendStoreContract } from './contracts/spend-store.contract.js';
export type { StoreContractTest, StoreUnderTest } from './contracts/store-contract.js';
export { OpenRouterSandbox } from './openrouter-sandbox.js';
export type { SandboxCharge } from './account/charges.js';
export type {
  SandboxCancelledBilling,
  SandboxCompletion,
  SandboxCompletionDecider,
  SandboxCompletionRequest,
} from './sandbox-completions.js';
export type { SandboxFailure, SandboxFault } from './sandbox-faults.js';
export type {
  OpenRouterSandboxOptions,
  SandboxCoinbaseMode,
  SandboxCredits,
  SandboxInferenceKeyCredits,
  SandboxLimitReset,
} from './sandbox-options.js';
export type { SandboxGuardrail, SandboxGuardrailScope } from './sandbox-guardrails.js';
export type { SandboxSpend } from './sandbox-spend.js';
export type { SandboxKey, SandboxRequest } from './sandbox-requests.js';
