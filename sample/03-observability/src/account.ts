import type { OpenRouterModuleOptions } from 'nestjs-openrouter';
import { OpenRouterSandbox } from 'nestjs-openrouter/testing';
import { readVariable } from './environment.js';

/** Where the application's money is: keys and base URL. */
export type Account = Required<Pick<OpenRouterModuleOptions, 'baseUrl'>> & {
  readonly apiKey: string;
  readonly managementKey?: string;
};

/** The account that the environment names; without a key one of its own on this machine. */
export async function openAccount(): Promise<{
  account: Account;
  title: string;
  sandbox?: OpenRouterSandbox;
}> {
  const apiKey = readVariable('OPENROUTER_API_KEY');
  const managementKey = readVariable('OPENROUTER_MANAGEMENT_KEY');
  const baseUrl = readVariable('OPENROUTER_BASE_URL') ?? 'https://openrouter.ai/api/v1';
  if (apiKey !== undefined) {
    const account = { apiKey, baseUrl, ...(managementKey !== undefined && { managementKey }) };
    return { account, title: 'Account: that of OPENROUTER_API_KEY' };
  }
  // Little money, and dear completions: something is to be seen soon.
  const sandbox = await OpenRouterSandbox.start({
    credits: { totalCredits: 10, totalUsage: 8 },
    completionCost: 0.25,
  });
  const account = { apiKey: sandbox.apiKey, managementKey: sandbox.managementKey, baseUrl: sandbox.baseUrl };
  return {
    account,
    title: `Account: a sandbox at ${sandbox.baseUrl} (OPENROUTER_API_KEY is not set)`,
    sandbox,
  };
}
