import type { Panel } from '../shared/dashboard.js';
import { byId, setText } from './dom.js';
import { clock, duration } from './format.js';

/** Shows below the title of a panel how old its figures are, and the problem if there is one. */
export function showFreshness(
  id: string,
  { data, readAt, problem }: Panel<unknown>,
  now: number,
  source: string,
): void {
  const element = byId(id);
  const isShown = readAt !== null && data !== null;
  const age = isShown ? `${source} · read ${duration(now - readAt)} ago` : 'Not read yet';
  element.dataset['state'] = problem === null ? 'ok' : 'problem';
  if (problem === null) setText(element, age);
  else setText(element, `${problem.message} (since ${clock(problem.since)})${isShown ? ` · ${age}` : ''}`);
}
