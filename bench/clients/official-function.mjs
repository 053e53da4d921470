import { OpenRouterCore } from '@openrouter/sdk/core.js';
import { creditsGetCredits } from '@openrouter/sdk/funcs/creditsGetCredits.js';
import { API_KEY } from '../shared.mjs';

export function open(serverURL) {
  const core = new OpenRouterCore({ apiKey: API_KEY, serverURL });
  return {
    call: () => creditsGetCredits(core),
    totalCredits: (result) => {
      if (!result.ok) {
        throw result.error;
      }
      return result.value.data.totalCredits;
    },
  };
}
