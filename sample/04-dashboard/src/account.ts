import type { OpenRouterFactoryOptions } from 'nestjs-openrouter';
import type { OpenRouterSandbox } from 'nestjs-openrouter/testing';
import { startDemoSandbox } from './demo-sandbox.js';
import { openrouterConfig } from './openrouter.config.js';

const KEY_VARIABLES = ['OPENROUTER_API_KEY', 'OPENROUTER_MANAGEMENT_KEY'];

/** The OpenRouter account that is shown. */
export interface Account {
  /** One line for the terminal, without anything secret. */
  readonly title: string;
  /** There if the environment has no key. */
  readonly sandbox?: OpenRouterSandbox;
}

/** Takes the account that the environment names; without a key, starts one of its own on this machine. */
export async function openAccount(): Promise<Account> {
  const config = openrouterConfig();
  if (config.apiKey ?? config.managementKey) {
    return { title: describe(config) };
  }
  const reasons = KEY_VARIABLES.map(
    (name) => `${name} is ${process.env[name] === undefined ? 'not set' : 'blank'}`,
  );
  const sandbox = await startDemoSandbox();
  // The configuration reads the environment, so that is where the application finds the sandbox.
  process.env['OPENROUTER_API_KEY'] = sandbox.apiKey;
  process.env['OPENROUTER_MANAGEMENT_KEY'] = sandbox.managementKey;
  process.env['OPENROUTER_BASE_URL'] = sandbox.baseUrl;
  return { title: `Account: a sandbox at ${sandbox.baseUrl} (${reasons.join(', ')})`, sandbox };
}

function describe({ apiKey, managementKey, baseUrl }: OpenRouterFactoryOptions): string {
  const keys = [
    ...(apiKey === undefined ? [] : ['API key']),
    ...(managementKey === undefined ? [] : ['management key']),
  ];
  const limits = managementKey === undefined ? ' (most panels need OPENROUTER_MANAGEMENT_KEY)' : '';
  return `Account: ${keys.join(' and ')} on ${hostOf(baseUrl)}, read-only${limits}`;
}

/** The host alone, since a URL may hold a password. */
function hostOf(baseUrl = 'https://openrouter.ai/api/v1'): string {
  // The module refuses such a URL in a moment, and says why.
  return URL.canParse(baseUrl) ? new URL(baseUrl).host : 'an unreadable OPENROUTER_BASE_URL';
}
