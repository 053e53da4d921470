import type { Account } from '../account/account.js';
import {
  type Budget,
  type BudgetBook,
  type BudgetInterval,
  INTERVALS,
  orderProblem,
} from '../account/budgets.js';
import type { Workspace } from '../account/workspaces.js';
import { type SandboxCall, type SandboxReply, type SandboxRoute, invalid, refusal } from './route.js';
import { AMOUNT, FLAG, NAME, TEXT, bodyProblem, orNull, queryProblem, wholeNumber } from './rules.js';

const CREATE_RULES = {
  name: NAME,
  slug: {
    accepts: (value: unknown) => /^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(String(value)),
    must: 'lower-case letters and digits with single hyphens between them',
  },
  description: orNull(TEXT),
};

const BUDGET_RULES = {
  limit_usd: {
    accepts: (value: unknown) => AMOUNT.accepts(value) && value !== 0,
    must: 'a number of US dollars above 0',
  },
  include_byok_in_budgets: FLAG,
};

interface CreateRequest {
  readonly name: string;
  readonly slug: string;
  readonly description?: string | null;
}

export function workspacesRoutes({ workspaces, userId }: Account): SandboxRoute[] {
  const list = ({ query }: SandboxCall): SandboxReply => {
    const problem = queryProblem(query, { offset: wholeNumber(0), limit: wholeNumber(1, 100) });
    if (problem !== undefined) return invalid(problem);
    const [offset, limit] = [Number(query.get('offset') ?? 0), Number(query.get('limit') ?? 50)];
    const all = workspaces.list();
    const data = all.slice(offset, offset + limit).map((workspace) => workspaceBody(workspace, userId));
    return { status: 200, json: { data, total_count: all.length } };
  };

  const create = ({ body }: SandboxCall): SandboxReply => {
    const problem = bodyProblem(body, CREATE_RULES, ['name', 'slug']);
    if (problem !== undefined) return invalid(problem);
    const { name, slug, description = null } = body as CreateRequest;
    if (workspaces.find(slug) !== undefined) return invalid('slug must be one that no workspace has yet');
    const workspace = workspaces.create({ name, slug, description });
    return { status: 201, json: { data: workspaceBody(workspace, userId) } };
  };

  const onWorkspace =
    (handle: (workspace: Workspace, call: SandboxCall) => SandboxReply) =>
    (call: SandboxCall): SandboxReply => {
      const workspace = workspaces.find(call.params['id'] ?? '');
      return workspace === undefined ? refusal(404) : handle(workspace, call);
    };

  const onInterval = (
    handle: (workspace: Workspace, interval: BudgetInterval, call: SandboxCall) => SandboxReply,
  ): ((call: SandboxCall) => SandboxReply) =>
    onWorkspace((workspace, call) => {
      const interval = INTERVALS.find((name) => name === call.params['interval']);
      return interval === undefined
        ? invalid(`interval must be one of ${INTERVALS.join(', ')}`)
        : handle(workspace, interval, call);
    });

  const managed = { access: 'management-key' } as const;
  const budget = { ...managed, path: '/workspaces/{id}/budgets/{interval}' } as const;
  return [
    { ...managed, method: 'GET', path: '/workspaces', handle: list },
    { ...managed, method: 'POST', path: '/workspaces', handle: create },
    {
      ...managed,
      method: 'GET',
      path: '/workspaces/{id}',
      handle: onWorkspace((workspace) => ({
        status: 200,
        json: { data: workspaceBody(workspace, userId) },
      })),
    },
    {
      ...managed,
      method: 'GET',
      path: '/workspaces/{id}/budgets',
      handle: onWorkspace((workspace) =>
        budgetsReply(
          workspace.budgets,
          workspace.budgets.list().map((entry) => budgetBody(entry, workspace.id)),
        ),
      ),
    },
    { ...budget, method: 'GET', handle: onInterval(getBudget) },
    { ...budget, method: 'PUT', handle: onInterval(setBudget) },
    {
      ...budget,
      method: 'DELETE',
      handle: onInterval(({ budgets }, interval) => {
        budgets.delete(interval);
        return { status: 200, json: { deleted: true } };
      }),
    },
  ];
}

function getBudget({ id, budgets }: Workspace, interval: BudgetInterval): SandboxReply {
  const budget = budgets.get(interval);
  return budget === undefined ? refusal(404) : budgetsReply(budgets, budgetBody(budget, id));
}

function setBudget(
  { id, budgets }: Workspace,
  interval: BudgetInterval,
  { body }: SandboxCall,
): SandboxReply {
  const problem = bodyProblem(body, BUDGET_RULES, ['limit_usd']);
  if (problem !== undefined) return invalid(problem);
  const { limit_usd, include_byok_in_budgets = budgets.includeByok } = body as {
    limit_usd: number;
    include_byok_in_budgets?: boolean;
  };
  const disorder = orderProblem(budgets, interval, limit_usd);
  if (disorder !== undefined) return invalid(disorder);
  budgets.includeByok = include_byok_in_budgets;
  return budgetsReply(budgets, budgetBody(budgets.set(interval, limit_usd), id));
}

function budgetsReply({ includeByok }: BudgetBook, data: object): SandboxReply {
  return { status: 200, json: { data, include_byok_in_budgets: includeByok } };
}

function budgetBody({ id, interval, limitUsd, createdAt, updatedAt }: Budget, workspaceId: string): object {
  return {
    id,
    workspace_id: workspaceId,
    limit_usd: limitUsd,
    reset_interval: interval === 'lifetime' ? null : interval,
    created_at: createdAt.toISOString(),
    updated_at: updatedAt.toISOString(),
  };
}

function workspaceBody(workspace: Workspace, userId: string): object {
  return {
    id: workspace.id,
    name: workspace.name,
    slug: workspace.slug,
    description: workspace.description,
    created_at: workspace.createdAt.toISOString(),
    created_by: userId,
    updated_at: null,
    default_guardrail_id: workspace.guardrailId,
    default_text_model: null,
    default_image_model: null,
    default_provider_sort: null,
    include_byok_in_budgets: workspace.budgets.includeByok,
    io_logging_api_key_ids: null,
    io_logging_sampling_rate: 1,
    is_data_discount_logging_enabled: false,
    is_observability_broadcast_enabled: false,
    is_observability_io_logging_enabled: false,
  };
}
