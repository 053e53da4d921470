import type { Limit, PlanName, Usage } from '../shared/chat.js';
import { byId, make, setText } from './dom.js';
import { exactUsd, until, usd } from './format.js';

const PLANS: Readonly<Record<PlanName, string>> = { free: 'Free plan', team: 'Team plan' };

/** What is left of each limit, and what the tenant has spent this month. */
export function showUsage(usage: Usage, tenant: string): void {
  byId('ul', 'limits').replaceChildren(...usage.limits.map(limitItem));
  setText(byId('p', 'plan'), `${PLANS[usage.plan]} of ${tenant}`);
  byId('tbody', 'month').replaceChildren(
    ...usage.month.people.map(({ person, answers, usd: spent }) => row(person, answers, spent)),
  );
  const answers = usage.month.people.reduce((sum, person) => sum + person.answers, 0);
  byId('tfoot', 'month-total').replaceChildren(row('All', answers, usage.month.usd));
  setText(byId('button', 'change-plan'), `Change to the ${otherPlan(usage.plan)} plan`);
}

export function otherPlan(plan: PlanName): PlanName {
  return plan === 'free' ? 'team' : 'free';
}

/** Why nothing more can be asked, and from when on it can. */
export function refusalText({ limits }: Usage): string {
  const [tightest] = [...limits].sort((one, other) => one.remainingUsd - other.remainingUsd);
  if (tightest === undefined) return 'The spend limit is reached.';
  const { name, limitUsd, resetsAt } = tightest;
  const again = resetsAt === null ? '' : ` You can go on ${until(resetsAt, Date.now())}.`;
  return `The limit of ${usd(limitUsd)} (${name}) does not allow another answer.${again}`;
}

function row(who: string, answers: number, spent: number): HTMLElement {
  const title = make('th', { scope: 'row' }, who);
  return make('tr', {}, title, make('td', {}, String(answers)), make('td', {}, exactUsd(spent)));
}

function limitItem({ name, limitUsd, spentUsd, heldUsd, remainingUsd, resetsAt }: Limit): HTMLElement {
  const spent = make('i', {});
  const held = make('i', { class: 'held' });
  // As properties, because the Content-Security-Policy forbids style attributes.
  spent.style.width = widthOf(spentUsd, limitUsd);
  held.style.width = widthOf(heldUsd, limitUsd);
  const under = heldUsd > 0 ? `, ${usd(heldUsd)} reserved for answers under way` : '';
  const reset = resetsAt === null ? '' : ` Starts over ${until(resetsAt, Date.now())}.`;
  return make(
    'li',
    { 'data-level': remainingUsd > 0 ? 'left' : 'spent' },
    make('strong', {}, `${usd(remainingUsd)} of ${usd(limitUsd)} left`),
    ` ${name}`,
    // Hidden from screen readers, because the text says the same.
    make('div', { class: 'bar', 'aria-hidden': 'true' }, spent, held),
    make('small', {}, `${exactUsd(spentUsd)} spent${under}.${reset}`),
  );
}

function widthOf(part: number, whole: number): string {
  return `${Math.min(100, whole > 0 ? (part / whole) * 100 : 100)}%`;
}
