import { readVariable } from 'sample-shared';

/** The account whose credits the application spends. */
export interface Account {
  /** Pays for the completions. */
  readonly apiKey: string;
  /** Reads the account's balance. Without it, only the limit of `apiKey` is known. */
  readonly managementKey?: string | undefined;
  readonly baseUrl: string;
}

/** Reads the account from the environment, where `openAccount` puts a sandbox as well. */
export function readAccount(): Account {
  return {
    apiKey: readVariable('OPENROUTER_API_KEY') ?? '',
    managementKey: readVariable('OPENROUTER_MANAGEMENT_KEY'),
    baseUrl: readVariable('OPENROUTER_BASE_URL') ?? 'https://openrouter.ai/api/v1',
  };
}
