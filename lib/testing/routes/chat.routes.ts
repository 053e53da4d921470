import type { Account } from '../account/account.js';
import { dollars } from '../account/budgets.js';
import { budgetsOf, isSpent } from '../account/key-budgets.js';
import type { AccountKey } from '../account/keys.js';
import { DEFAULT_MODEL, providerOf } from '../account/models.js';
import { toUsd } from '../account/usd.js';
import { isRecord } from '../check-fields.js';
import type { ResolvedSandboxOptions } from '../sandbox-options.js';
import { ANSWER_TOKENS, completionBody, completionEvents } from './chat-bodies.js';
import { keyBudgetBody } from './key-bodies.js';
import {
  type SandboxCall,
  type SandboxRefusal,
  type SandboxReply,
  type SandboxRoute,
  invalid,
  refusal,
} from './route.js';
import { FLAG, NAME, TEXT, bodyProblem, orNull } from './rules.js';

const RULES = {
  messages: {
    accepts: (value: unknown) => Array.isArray(value) && value.length > 0 && value.every(isMessage),
    must: 'a list of messages, each with a role',
  },
  model: NAME,
  stream: orNull(FLAG),
  user: orNull(TEXT),
};

interface CompletionRequest {
  readonly messages: readonly object[];
  readonly model?: string;
  readonly stream?: boolean | null;
  readonly user?: string | null;
}

export function chatRoutes(
  account: Account,
  { completionCost, completionMs, keyLimitStatus }: ResolvedSandboxOptions,
): SandboxRoute[] {
  const complete = ({ caller, headers: sent, body }: SandboxCall): SandboxReply => {
    if (caller.kind !== 'api') return refusal(401);
    const { key } = caller;
    const problem = bodyProblem(body, RULES, ['messages']);
    if (problem !== undefined) return invalid(problem);
    const refused = moneyRefusal(account, key, keyLimitStatus);
    if (refused !== undefined) return refused;

    const { messages, model = DEFAULT_MODEL, stream, user } = body as CompletionRequest;
    const counts = {
      // About the ratio of a tokenizer for English.
      promptTokens: Math.ceil(JSON.stringify(messages).length / 4),
      completionTokens: ANSWER_TOKENS,
    };
    const generation = account.generations.begin({
      ...counts,
      key,
      model,
      provider: providerOf(model),
      streamed: stream === true,
      cost: completionCost,
      externalUser: user ?? null,
      origin: sent.origin ?? '',
      httpReferer: text(sent['http-referer']) ?? sent.referer ?? null,
      userAgent: sent['user-agent'] ?? null,
    });
    // Charged at its end, as by the API: completions that run at the same time do not see each other's cost.
    const onEnd = (): void => {
      account.generations.add(generation);
      account.charge({
        ...counts,
        key,
        model,
        provider: generation.provider,
        usd: completionCost,
        byokUsd: 0,
        at: generation.createdAt,
        requests: 1,
        reasoningTokens: 0,
      });
    };
    const headers = { 'x-generation-id': generation.id };
    const reply = { status: 200, headers, takesMs: completionMs, onEnd };
    return stream === true
      ? { ...reply, events: completionEvents(generation) }
      : { ...reply, json: completionBody(generation) };
  };

  return [{ method: 'POST', path: '/chat/completions', access: 'inference-key', handle: complete }];
}

function isMessage(value: unknown): boolean {
  return isRecord(value) && typeof value['role'] === 'string';
}

function text(header: string | string[] | undefined): string | null {
  return typeof header === 'string' ? header : null;
}

/** The reason to refuse a completion for money, if there is one. Any amount left will do: it may be overdrawn. */
function moneyRefusal(
  account: Account,
  key: AccountKey,
  keyLimitStatus: 402 | 403,
): SandboxRefusal | undefined {
  if (!account.hasCredits()) return refusal(402, undefined, { limit_source: 'openrouter_credits' });
  const spent = budgetsOf(account, key, new Date()).find(isSpent);
  if (spent === undefined) return undefined;
  if (spent.scope === 'key_limit') return keyLimitRefusal(key, keyLimitStatus);
  const { scope, limit, resetInterval } = spent;
  const isWorkspaces = scope === 'workspace';
  const message = isWorkspaces
    ? `Workspace ${resetInterval ?? 'lifetime'} budget of ${dollars(toUsd(limit))} exceeded. Contact your org admin.`
    : 'Budget limit exceeded';
  const { limit_usd, spend_usd, resets_at } = keyBudgetBody(spent);
  return refusal(403, message, {
    limit_source: isWorkspaces ? 'openrouter_workspace_budget' : 'openrouter_guardrail_budget',
    scope,
    limit_usd,
    spend_usd,
    resets_at,
  });
}

/** The live API has been seen to use both forms; the older one, 403, has no metadata. */
function keyLimitRefusal({ limitReset }: AccountKey, status: 402 | 403): SandboxRefusal {
  const limit = limitReset ?? 'total';
  return status === 403
    ? refusal(403, `Key limit exceeded (${limit} limit). Manage it using https://openrouter.ai/settings/keys`)
    : refusal(
        402,
        `This request requires more credits, or fewer max_tokens. You requested up to ${ANSWER_TOKENS} tokens, but can only afford 0. To increase, visit https://openrouter.ai/settings/keys and create a key with a higher ${limit} limit`,
        { limit_source: 'openrouter_key_limit' },
      );
}
