import { OpenRouterClient } from 'nestjs-openrouter';
import { API_KEY } from '../shared.mjs';

export function open(baseUrl) {
  const client = new OpenRouterClient({ managementKey: API_KEY, baseUrl });
  return {
    call: () => client.activity.list(),
    rows: (answer) => answer,
  };
}
