import { randomUUID } from 'node:crypto';
import { type BudgetBook, createBudgetBook } from './budgets.js';

export interface Workspace {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly description: string | null;
  readonly createdAt: Date;
  /** Id of the guardrail that every workspace has, configured or not. */
  readonly guardrailId: string;
  readonly budgets: BudgetBook;
}

export interface WorkspaceStore {
  /** The workspace of keys that name no other. */
  readonly default: Workspace;
  create(workspace: Pick<Workspace, 'slug' | 'name' | 'description'>): Workspace;
  /** Finds a workspace by its id, in any case, or by its slug. */
  find(idOrSlug: string): Workspace | undefined;
  /** In the order of their creation. */
  list(): Workspace[];
}

export function createWorkspaceStore(): WorkspaceStore {
  const workspaces: Workspace[] = [];
  const create: WorkspaceStore['create'] = (fields) => {
    const workspace = {
      ...fields,
      id: randomUUID(),
      createdAt: new Date(),
      guardrailId: randomUUID(),
      budgets: createBudgetBook(),
    };
    workspaces.push(workspace);
    return workspace;
  };
  return {
    default: create({ slug: 'default', name: 'Default Workspace', description: null }),
    create,
    find: (idOrSlug) => workspaces.find(({ id, slug }) => id === idOrSlug.toLowerCase() || slug === idOrSlug),
    list: () => [...workspaces],
  };
}
