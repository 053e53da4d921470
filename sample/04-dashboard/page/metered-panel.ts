import type { Metered } from '../shared/dashboard.js';
import { byId, make, partsBar, setText } from './dom.js';
import { clock, usd } from './format.js';

/** A completion that has just been billed is metered within seconds. A hole that stays was spent past the meter. */
export function showMetered({ since, metered, assumed, billed }: Metered): void {
  setText(
    byId('metered-since'),
    since === null ? 'The balance was not read yet' : `Since ${clock(since)}, by GET /credits`,
  );
  const hole = billed === null ? 0 : Math.max(0, billed - metered);
  // The meter may know a cost before the balance is read again.
  const whole = Math.max(billed ?? 0, metered);
  const share = (part: number): number => (whole === 0 ? 0 : part / whole);
  byId('metered-bar').replaceChildren(
    partsBar([
      ['part-spent', share(metered)],
      ['part-hole', share(hole)],
    ]),
  );
  setText(byId('metered-verdict'), verdict(billed, hole, whole));
  byId('metered-figures').replaceChildren(
    ...figures({ since, metered, assumed, billed }, hole).flatMap(([className, term, text]) => [
      make('dt', {}, make('i', { class: className, 'aria-hidden': 'true' }), term),
      make('dd', {}, text),
    ]),
  );
}

function verdict(billed: number | null, hole: number, whole: number): string {
  if (billed === null) return 'Not known yet.';
  if (whole === 0) return 'Nothing was spent so far.';
  return hole < 0.05 * whole
    ? 'The meter has seen nearly everything.'
    : `${Math.round((hole / whole) * 100)} % was spent past the meter: no limit has seen it.`;
}

function figures({ metered, assumed, billed }: Metered, hole: number): [string, string, string][] {
  return [
    ['part-spent', 'Metered', usd(metered)],
    ['part-hole', 'Past the meter', billed === null ? usd(null) : usd(hole)],
    ['', 'Billed by OpenRouter', usd(billed)],
    ...(assumed === 0 ? [] : [['', 'Counted, bill not learned', usd(assumed)] as [string, string, string]]),
  ];
}
