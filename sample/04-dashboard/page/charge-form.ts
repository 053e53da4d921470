import type { Charge, Refusal } from '../shared/dashboard.js';
import { send } from './commands.js';
import { byId, make, oneAtATime } from './dom.js';

/** The form of a Coinbase charge: shows what the API answers, also that it no longer makes any. */
export function wireChargeForm(): void {
  const form = byId('charge', 'form');
  form.hidden = false;
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void oneAtATime(form.querySelector('button')!, create);
  });
}

async function create(): Promise<void> {
  const result = byId('charge-result');
  delete result.dataset['state'];
  result.textContent = 'Asking…';
  // A text that is no number goes as `null`, and the server says what it wants.
  const answer = await send<Charge>('/api/charges', {
    amount: Number(byId('charge-amount', 'input').value),
  });
  result.dataset['state'] = answer.ok ? 'made' : 'refused';
  result.replaceChildren(...(answer.ok ? made(answer.body) : refused(answer.refusal)));
}

function made({ id, hostedUrl, amount, currency }: Charge): (Node | string)[] {
  const text = `Charge ${id} of ${amount ?? '?'} ${currency ?? ''} is made. `;
  return [
    text,
    hostedUrl === null
      ? 'It has no page to pay on: it is paid by a contract call.'
      : link(hostedUrl, 'Pay it'),
  ];
}

function refused({ statusCode, message, purchaseUrl }: Refusal): (Node | string)[] {
  const text = statusCode === 0 ? message : `${statusCode}: ${message} `;
  return purchaseUrl === undefined ? [text] : [text, link(purchaseUrl, 'Buy credits here')];
}

/** A link of the API's answer, which is only followed to the web. */
function link(url: string, text: string): Node | string {
  return /^https?:/.test(url)
    ? make('a', { href: url, target: '_blank', rel: 'noopener noreferrer' }, text)
    : url;
}
