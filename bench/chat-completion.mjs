// A completion of a tenant, as the scripts that measure spend limits send it.
import { API_KEY } from './shared.mjs';

/** Sends a completion of a tenant, and reads its answer, which is one piece. */
export function completionOf(account, baseUrl, tenant, status) {
  const fetch = account.metering.fetchFor({ tenant, user: 'u7' });
  const body = JSON.stringify({ model: 'openai/gpt-5-mini', messages: [{ role: 'user', content: 'Hi' }] });
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${API_KEY}` };
  return async () => {
    const answer = await fetch(`${baseUrl}/chat/completions`, { method: 'POST', headers, body });
    if (answer.status !== status) throw new Error(`answered ${answer.status}`);
    await answer.text();
  };
}

/** Three limits that nothing reaches, but the tenant `none` at once. */
export const THREE_RULES = [
  { by: ['tenant', 'user'], usd: ({ tenant }) => (tenant === 'none' ? 0 : 1e6), period: 'day' },
  { by: 'tenant', usd: 1e6, period: 'month' },
  { by: [], usd: 1e6, period: 'day' },
];
