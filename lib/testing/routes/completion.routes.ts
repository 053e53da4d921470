import { types } from 'node:util';
import type { Account } from '../account/account.js';
import type { Checked } from '../check-fields.js';
import { chatCompletions } from '../completions/chat-completions.js';
import type { CompletionApi, CompletionRequestBody } from '../completions/completion-api.js';
import { startRun } from '../completions/completion-run.js';
import { planCompletion } from '../completions/plan-completion.js';
import type { CompletionPlan } from '../completions/plan.js';
import { embeddings } from '../completions/embeddings.js';
import { messages } from '../completions/messages.js';
import { responses } from '../completions/responses.js';
import { piecesOf } from '../completions/stream-pieces.js';
import { type SandboxCompletion, decisionOn } from '../sandbox-completions.js';
import type { ResolvedSandboxOptions } from '../sandbox-options.js';
import type { SandboxSettings } from '../sandbox-settings.js';
import { moneyRefusal } from './money-refusal.js';
import {
  type SandboxCall,
  type SandboxRefusal,
  type SandboxReply,
  type SandboxRoute,
  invalid,
  refusal,
} from './route.js';
import { bodyProblem } from './rules.js';

const APIS: readonly CompletionApi[] = [chatCompletions, responses, messages, embeddings];

/** The routes that complete: all of them check, charge and end in the same way, and only speak differently. */
export function completionRoutes(
  account: Account,
  options: ResolvedSandboxOptions,
  settings: SandboxSettings,
): SandboxRoute[] {
  return APIS.map((api) => ({
    method: 'POST',
    path: api.path,
    access: 'inference-key',
    handle: (call) => complete(api, call, account, options, settings),
  }));
}

function complete(
  api: CompletionApi,
  call: SandboxCall,
  account: Account,
  options: ResolvedSandboxOptions,
  settings: SandboxSettings,
): SandboxReply {
  const { caller, body: given, path, headers } = call;
  if (caller.kind !== 'api') return refusal(401);
  const problem = bodyProblem(given, api.rules, api.required);
  if (problem !== undefined) return invalid(problem);
  const refused = moneyRefusal(account, caller.key, options.keyLimitStatus);
  if (refused !== undefined) return refused;

  let decision: Checked<SandboxCompletion>;
  try {
    decision = decisionOn({ path, body: given, headers }, settings.decide);
  } catch (error) {
    return undecided(error);
  }
  const body = given as CompletionRequestBody;
  const plan = planCompletion(api, call, body, caller.key, decision, options);
  const { generation, ending, pausesMs, produced } = plan;
  const reply = {
    status: 200,
    headers: {
      'x-generation-id': generation.id,
      ...(generation.cachedFrom === null ? {} : { 'x-openrouter-cache-status': 'HIT' }),
    },
    isCut: ending === 'cut',
    run: startRun(account, plan, () => settings.cancelledBilling),
  };
  return generation.streamed && api.events !== undefined
    ? { ...reply, takesMs: durationOf(pausesMs, produced), stream: piecesOf(plan, api.events(plan, body)) }
    : { ...reply, takesMs: options.completionMs, json: api.json(plan, body) };
}

/** How long a stream of so many text chunks takes. */
function durationOf([first, other]: CompletionPlan['pausesMs'], chunks: number): number {
  return chunks === 0 ? 0 : first + other * (chunks - 1);
}

/** 500, which clients should not repeat, with what a test wants to know. */
function undecided(error: unknown): SandboxRefusal {
  const reason = types.isNativeError(error) ? error.message : String(error);
  return {
    ...refusal(500, `The function given to sandbox.onCompletion has failed: ${reason}`),
    headers: { 'x-should-retry': 'false' },
  };
}
