import { randomUUID } from 'node:crypto';

export interface Workspace {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly description: string | null;
  readonly createdAt: Date;
}

export interface WorkspaceStore {
  /** The one that keys belong to unless they are told otherwise. */
  readonly default: Workspace;
  create(workspace: Pick<Workspace, 'slug' | 'name' | 'description'>): Workspace;
  find(idOrSlug: string): Workspace | undefined;
  /** In the order of their creation. */
  list(): Workspace[];
}

export function createWorkspaceStore(): WorkspaceStore {
  const workspaces: Workspace[] = [];
  const create: WorkspaceStore['create'] = (fields) => {
    const workspace = { ...fields, id: randomUUID(), createdAt: new Date() };
    workspaces.push(workspace);
    return workspace;
  };
  return {
    default: create({ slug: 'default', name: 'Default Workspace', description: null }),
    create,
    find: (idOrSlug) => workspaces.find(({ id, slug }) => id === idOrSlug || slug === idOrSlug),
    list: () => [...workspaces],
  };
}
