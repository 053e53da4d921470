// What the programs of `Replica` share.

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

/** Requests a completion. */
export function request(fetch, { baseUrl, apiKey }, stream) {
  return fetch(`${baseUrl}/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'openai/gpt-5-mini', stream, messages: [{ role: 'user', content: 'Hi' }] }),
  });
}
