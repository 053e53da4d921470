import { OpenRouterSandbox } from 'nestjs-openrouter/testing';
import { readVariable } from './environment.js';

/** The variables that hold a key, with what the key is called. */
const KEYS = {
  OPENROUTER_API_KEY: 'API key',
  OPENROUTER_MANAGEMENT_KEY: 'management key',
} as const;

type KeyVariable = keyof typeof KEYS;

/** The OpenRouter account that a sample runs on. */
export interface Account {
  /** One line for the terminal, without any secret. */
  readonly title: string;
  /** Set if the environment has no key. */
  readonly sandbox?: OpenRouterSandbox;
}

export interface AccountOptions {
  /** The keys that the sample can run on. One of them is enough. Default: both. */
  readonly keys?: readonly KeyVariable[];
  /** Starts the sandbox. Default: one with its usual data. */
  readonly startSandbox?: () => Promise<OpenRouterSandbox>;
  /** What else the title says about a sandbox. */
  readonly sandboxNote?: string;
  /** What else the title says about a real account. */
  readonly realNote?: string;
  /** What the title says about a real account without a management key. */
  readonly noManagementKeyNote?: string;
}

/** Opens the account whose keys are in the environment. Without a key, starts a sandbox on this machine. */
export async function openAccount(options: AccountOptions = {}): Promise<Account> {
  const { keys = Object.keys(KEYS) as KeyVariable[], sandboxNote } = options;
  if (keys.some((name) => readVariable(name) !== undefined)) {
    return { title: `Account: ${describeRealAccount(options)}` };
  }
  const reasons = keys.map((name) => `${name} is ${process.env[name] === undefined ? 'not set' : 'blank'}`);
  const sandbox = await (options.startSandbox ?? (() => OpenRouterSandbox.start()))();
  // Samples configure the package from the environment, so they find the sandbox there.
  process.env['OPENROUTER_API_KEY'] = sandbox.apiKey;
  process.env['OPENROUTER_MANAGEMENT_KEY'] = sandbox.managementKey;
  process.env['OPENROUTER_BASE_URL'] = sandbox.baseUrl;
  const parts = [`a sandbox at ${sandbox.baseUrl}`, ...(sandboxNote === undefined ? [] : [sandboxNote])];
  return { title: `Account: ${parts.join(', ')} (${reasons.join(', ')})`, sandbox };
}

function describeRealAccount({ realNote, noManagementKeyNote }: AccountOptions): string {
  const isSet = (name: string): boolean => readVariable(name) !== undefined;
  const kinds = Object.entries(KEYS).flatMap(([name, kind]) => (isSet(name) ? [kind] : []));
  const account = `${kinds.join(' and ')} on ${hostOf(readVariable('OPENROUTER_BASE_URL'))}`;
  const note = realNote === undefined ? '' : `, ${realNote}`;
  const lacks = noManagementKeyNote !== undefined && !isSet('OPENROUTER_MANAGEMENT_KEY');
  return `${account}${note}${lacks ? ` (${noManagementKeyNote})` : ''}`;
}

/** Only the host, because a URL may contain a password. */
function hostOf(baseUrl = 'https://openrouter.ai/api/v1'): string {
  // The package rejects an invalid URL at the start and says why.
  return URL.canParse(baseUrl) ? new URL(baseUrl).host : 'an unreadable OPENROUTER_BASE_URL';
}
