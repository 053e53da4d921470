import type { Charge, Refusal } from '../shared/dashboard.js';
import { send } from './commands.js';
import { byId, make, oneAtATime } from './dom.js';

/** The form of a Coinbase charge. It shows the answer, which from OpenRouter is that charges are gone. */
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
  result.textContent = 'Sending…';
  // Anything but a number is sent as `null`, and the server says what it expects.
  const answer = await send<Charge>('/api/charges', {
    amount: Number(byId('charge-amount', 'input').value),
  });
  result.dataset['state'] = answer.ok ? 'made' : 'refused';
  result.replaceChildren(...(answer.ok ? made(answer.body) : refused(answer.refusal)));
}

function made({ id, hostedUrl, amount, currency }: Charge): (Node | string)[] {
  const text = `Charge ${id} of ${amount ?? '?'} ${currency ?? ''} was created. `;
  return [
    text,
    hostedUrl === null ? 'It has no payment page: pay it with a contract call.' : link(hostedUrl, 'Pay it'),
  ];
}

function refused({ statusCode, message, purchaseUrl }: Refusal): (Node | string)[] {
  const text = statusCode === 0 ? message : `${statusCode}: ${message} `;
  return purchaseUrl === undefined ? [text] : [text, link(purchaseUrl, 'Buy credits here')];
}

/** A link from the API. Only web addresses become links. */
function link(url: string, text: string): Node | string {
  return /^https?:/.test(url)
    ? make('a', { href: url, target: '_blank', rel: 'noopener noreferrer' }, text)
    : url;
}
