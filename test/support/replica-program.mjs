// What the programs of `Replica` share.
import { OpenRouterSpendStoreException } from 'nestjs-openrouter';

/** Carries out orders, each answered by its result, once the program has announced itself. */
export function obey(orders) {
  process.on('message', ({ id, name, ...rest }) => {
    Promise.resolve(orders[name](rest)).then(
      (result) => process.connected && process.send({ id, result }),
      (error) => process.connected && process.send({ id, error: String(error) }),
    );
  });
  process.send({ id: 0 });
}

const PATIENCE_MS = 10_000;

/** Asks again where a busy machine has kept the store from answering in time, as an application may. */
export async function askedAgain(ask) {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof OpenRouterSpendStoreException) || performance.now() > end) throw error;
    }
  }
}

/** Requests a completion. */
export function request(fetch, { baseUrl, apiKey }, stream) {
  return fetch(`${baseUrl}/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'openai/gpt-5-mini', stream, messages: [{ role: 'user', content: 'Hi' }] }),
  });
}
