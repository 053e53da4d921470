import type { Panel } from '../shared/dashboard.js';
import { byId, setText } from './dom.js';
import { clock, duration } from './format.js';

/** Says below a panel's title how old its figures are, and if there is a problem, which. */
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
