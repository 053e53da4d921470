import { readVariable } from 'sample-shared';

/** The OpenRouter account that pays for the answers. Also the token by which it is injected. */
export class Account {
  constructor(
    readonly apiKey: string,
    readonly baseUrl: string,
  ) {}

  /** Reads it from the environment, where `openAccount` puts a sandbox as well. */
  static read(): Account {
    return new Account(
      readVariable('OPENROUTER_API_KEY') ?? '',
      readVariable('OPENROUTER_BASE_URL') ?? 'https://openrouter.ai/api/v1',
    );
  }
}
