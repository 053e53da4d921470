import type { AccountInfo, BalanceFigures, BalancePanel } from '../shared/dashboard.js';
import { byId, make, setText } from './dom.js';
import { moment, usd } from './format.js';
import { showFreshness } from './freshness.js';

type Level = 'unknown' | 'good' | 'low' | 'critical';

const LEVELS: Readonly<Record<Level, string>> = {
  unknown: 'Not known',
  good: 'Enough',
  low: 'Low',
  critical: 'Critical',
};

/** The length of `$999.99`. Longer amounts need smaller type. */
const MAX_LARGE_LENGTH = 7;

export function showBalance(panel: BalancePanel, { thresholds }: AccountInfo): void {
  const { data, problem } = panel;
  const spendable = data?.spendable ?? null;
  const level = levelOf(spendable, thresholds);
  const isStale = data?.stale === true || problem !== null;
  const section = byId('balance');
  section.dataset['level'] = level;
  section.toggleAttribute('data-stale', isStale);
  const figure = byId('spendable');
  setText(figure, spendable === null ? '–' : usd(spendable));
  figure.dataset['length'] = figure.textContent.length > MAX_LARGE_LENGTH ? 'long' : 'short';
  byId('runway').hidden = spendable === null;
  setText(byId('level'), isStale && data !== null ? `${LEVELS[level]}, from an old reading` : LEVELS[level]);
  showTitle(spendable);
  byId('balance-details').replaceChildren(
    ...details(data).flatMap(([term, text]) => [make('dt', {}, term), make('dd', {}, text)]),
  );
}

/** Sets the title of the tab, without the amount if that is not known or may be outdated. */
export function showTitle(spendable: number | null): void {
  document.title = `${spendable === null ? '' : `${usd(spendable)} · `}OpenRouter credits`;
}

export function showBalanceAge(panel: BalancePanel, now: number): void {
  const sources = [
    panel.data?.isBalanceKnown === true ? 'GET /credits' : [],
    panel.data?.isKeyLimitKnown === true ? 'GET /key' : [],
  ].flat();
  showFreshness('balance-freshness', panel, now, sources.join(' and ') || 'OpenRouter');
}

function details(data: BalanceFigures | null): [string, string][] {
  const noLimit = data?.isKeyLimitKnown === true && data.keyLimitRemaining === null;
  return [
    ...limitOf(data),
    ['Balance', usd(data?.balance ?? null)],
    ['Metered, may not be in it yet', usd(recordedOf(data))],
    ['Left of the key limit', noLimit ? 'no limit' : usd(data?.keyLimitRemaining ?? null)],
    ['Purchased in total', usd(data?.totalCredits ?? null)],
    ['Used in total', usd(data?.totalUsage ?? null)],
  ];
}

/**
 * What the meter has recorded in the last minute. OpenRouter's figures may contain it or not, so for that time it is taken
 * from what is spendable.
 */
function recordedOf(data: BalanceFigures | null): number | null {
  if (data?.limitedBy !== 'balance') return null;
  const { balance, spendable } = data;
  return balance === null || spendable === null ? null : Math.max(0, balance - spendable);
}

/** The limit that decides, if buying credits would not raise it. */
function limitOf(data: BalanceFigures | null): [string, string][] {
  const limit = data?.limitedBy ?? null;
  if (data === null || limit === null || limit === 'balance') return [];
  const name = limit === 'budget' ? 'a budget' : 'the key limit';
  return [['Limited by', data.resetsAt === null ? name : `${name}, resets ${moment(data.resetsAt)}`]];
}

function levelOf(spendable: number | null, { low, critical }: AccountInfo['thresholds']): Level {
  if (spendable === null) return 'unknown';
  if (spendable < critical) return 'critical';
  return spendable < low ? 'low' : 'good';
}
