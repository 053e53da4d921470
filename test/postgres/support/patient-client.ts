import type { PostgresSpendClient } from '../../../lib/postgres/spend-database.js';

const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Sends a statement again that a busy machine has kept waiting for a lock, as an application does: it has changed nothing.
 */
export function patient(client: PostgresSpendClient): PostgresSpendClient {
  const query: PostgresSpendClient['query'] = async (text, values) => {
    for (;;) {
      try {
        return await client.query(text, values);
      } catch (error) {
        if ((error as { code?: unknown }).code !== LOCK_NOT_AVAILABLE) throw error;
      }
    }
  };
  return { query };
}
