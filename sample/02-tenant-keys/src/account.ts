import { randomBytes } from 'node:crypto';
import { OpenRouterSandbox } from 'nestjs-openrouter/testing';
import { readVariable } from './environment.js';

/** The OpenRouter account that the application runs on. */
export interface Account {
  /** One line for the terminal, without anything secret. */
  readonly title: string;
  /** There if the environment has no key. */
  readonly sandbox?: OpenRouterSandbox;
}

/** Takes the account that the environment names; without a key, starts one of its own on this machine. */
export async function openAccount(): Promise<Account> {
  if (readVariable('OPENROUTER_MANAGEMENT_KEY') !== undefined) {
    return { title: 'Account: the management key in OPENROUTER_MANAGEMENT_KEY' };
  }
  const sandbox = await OpenRouterSandbox.start();
  // The configuration reads the environment, so that is where the application finds the sandbox. Its keys end with
  // this process, and so does what is stored about them.
  process.env['OPENROUTER_MANAGEMENT_KEY'] = sandbox.managementKey;
  process.env['OPENROUTER_BASE_URL'] = sandbox.baseUrl;
  process.env['TENANTS_DATABASE'] = ':memory:';
  process.env['TENANTS_SECRET'] = randomBytes(32).toString('base64');
  return {
    title: `Account: a sandbox at ${sandbox.baseUrl}, tenants in memory (OPENROUTER_MANAGEMENT_KEY is not set)`,
    sandbox,
  };
}
