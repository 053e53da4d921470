/** PostgreSQL, as far as this application needs it. Also the token by which it is injected. */
export abstract class Database {
  abstract query(
    text: string,
    values?: readonly unknown[],
  ): Promise<{ rows: readonly Record<string, unknown>[] }>;
  abstract close(): Promise<void>;
}
