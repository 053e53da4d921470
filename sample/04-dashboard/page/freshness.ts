import type { Panel } from '../shared/dashboard.js';
import { byId, setText } from './dom.js';
import { clock, duration } from './format.js';

/** Says below a panel's title how old its figures are, and if there is a problem, which. */
export function showFreshness(
  id: string,
  { readAt, problem }: Panel<unknown>,
  now: number,
  source: string,
): void {
  const element = byId(id);
  const age = readAt === null ? 'Not read yet' : `${source} · read ${duration(now - readAt)} ago`;
  element.dataset['state'] = problem === null ? 'ok' : 'problem';
  setText(element, problem === null ? age : `${problem.message} (since ${clock(problem.since)}) · ${age}`);
}
