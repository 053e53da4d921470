import { OpenRouter } from '@openrouter/sdk';
import { API_KEY } from '../shared.mjs';

export function open(serverURL) {
  const sdk = new OpenRouter({ apiKey: API_KEY, serverURL });
  return {
    call: () => sdk.analytics.getUserActivity(),
    rows: (answer) => answer.data,
  };
}
