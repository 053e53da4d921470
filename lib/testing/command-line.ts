import { parseArgs } from 'node:util';
import { DEFAULT_OPTIONS, type OpenRouterSandboxOptions } from './sandbox-options.js';

/** A flag of `nestjs-openrouter sandbox` that takes a value. */
interface Flag {
  /** The option that it sets, as error messages name it. */
  readonly option: string;
  /** The placeholder of the value in the help. */
  readonly value: string;
  readonly about: string;
  /** Whether to convert the value to a number. If that fails, the option's own check refuses the string. */
  readonly isNumber?: true;
}

/** The flags by name, in the order of the help. */
export const FLAGS = {
  port: {
    option: 'port',
    value: 'PORT',
    about: 'TCP port on 127.0.0.1; any free one by default',
    isNumber: true,
  },
  'api-key': { option: 'apiKey', value: 'KEY', about: 'the inference key; random by default' },
  'management-key': { option: 'managementKey', value: 'KEY', about: 'the management key; random by default' },
  credits: {
    option: 'credits.totalCredits',
    value: 'USD',
    about: 'credits bought in all time; 100.5 by default',
    isNumber: true,
  },
  usage: {
    option: 'credits.totalUsage',
    value: 'USD',
    about: 'credits used in all time; 25.75 by default, 0 where --credits is given',
    isNumber: true,
  },
  coinbase: {
    option: 'coinbase',
    value: 'MODE',
    about: 'what POST /credits/coinbase does: gone (default), onchain or hosted',
  },
  'inference-key-credits': {
    option: 'inferenceKeyCredits',
    value: 'MODE',
    about: 'what the inference key gets of GET /credits: forbidden (default), zeros or real',
  },
  'key-limit': {
    option: 'keyLimit',
    value: 'USD',
    about: 'limit of the inference key; none by default',
    isNumber: true,
  },
  'key-limit-reset': {
    option: 'keyLimitReset',
    value: 'PERIOD',
    about: 'when that limit starts over: daily, weekly or monthly; never by default',
  },
  'key-limit-status': {
    option: 'keyLimitStatus',
    value: 'STATUS',
    about: 'how completions over that limit are refused: 403 (default) or 402',
    isNumber: true,
  },
  'completion-cost': {
    option: 'completionCost',
    value: 'USD',
    about: 'what each completion costs, or by-model; 0.0015 by default',
    isNumber: true,
  },
  'completion-ms': {
    option: 'completionMs',
    value: 'MS',
    about: 'how long each completion takes; 0 by default',
    isNumber: true,
  },
  'generation-misses': {
    option: 'generationMisses',
    value: 'COUNT',
    about: 'how often GET /generation finds nothing at first; 1 by default',
    isNumber: true,
  },
  'generation-delay-ms': {
    option: 'generationDelayMs',
    value: 'MS',
    about: 'how long GET /generation does not find a completion; 0 by default',
    isNumber: true,
  },
  'cancelled-billing': {
    option: 'cancelledBilling',
    value: 'MODE',
    about: 'how a stream that its client leaves is billed: stops (default) or full',
  },
  'latency-ms': {
    option: 'latencyMs',
    value: 'MS',
    about: 'how long every answer waits; 0 by default',
    isNumber: true,
  },
} as const satisfies Readonly<Record<string, Flag>>;

type FlagName = keyof typeof FLAGS;

/** The request of a command line. */
export type Command =
  | { readonly kind: 'help' | 'version' }
  | { readonly kind: 'sandbox'; readonly options: OpenRouterSandboxOptions }
  | { readonly kind: 'mistake'; readonly problem: string };

export const HELP = `Usage: nestjs-openrouter sandbox [options]

Runs an OpenRouter account on this machine, for tests in any language, until Ctrl-C. It prints the address and the keys
as lines for a .env file.

Options:
${helpOf({ ...FLAGS, help: { value: '', about: 'shows this' }, version: { value: '', about: 'shows the version' } })}
`;

/** Reads the arguments of the program. The sandbox itself checks the values when it starts. */
export function readCommandLine(args: readonly string[]): Command {
  const options: Record<string, { type: 'string' | 'boolean'; short?: string }> = {
    help: { type: 'boolean', short: 'h' },
    version: { type: 'boolean', short: 'v' },
  };
  for (const name of Object.keys(FLAGS)) options[name] = { type: 'string' };
  try {
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
    if (values['help'] === true) return { kind: 'help' };
    if (values['version'] === true) return { kind: 'version' };
    // The argument is not repeated: it may be a key without its flag.
    if (positionals[0] !== 'sandbox') return mistake('there is one command: sandbox');
    if (positionals.length > 1)
      return mistake('sandbox takes options alone, each with its name: --port 4010');
    return { kind: 'sandbox', options: optionsOf((name) => values[name] as string | undefined) };
  } catch (error) {
    return mistake(parseProblem(error));
  }
}

/** The error message of a refused option in terms of flags; `undefined` for any other error. */
export function flagProblem({ message }: Error): string | undefined {
  const [, option, rule] = /^OpenRouterSandbox\.start: `([\w.]+)` must be (.+)$/s.exec(message) ?? [];
  const flag = flagOf(option);
  return flag === undefined || rule === undefined
    ? undefined
    : `${flag} must be ${rule.replace(/`(\w+)`/g, (quoted, name: string) => flagOf(name) ?? quoted)}`;
}

function optionsOf(valueOf: (name: FlagName) => string | undefined): OpenRouterSandboxOptions {
  const options: Record<string, unknown> = {};
  for (const [name, flag] of Object.entries(FLAGS) as [FlagName, Flag][]) {
    const value = valueOf(name);
    if (value !== undefined) options[flag.option] = flag.isNumber === true ? numberOf(value) : value;
  }
  const { 'credits.totalCredits': totalCredits, 'credits.totalUsage': totalUsage, ...others } = options;
  if (totalCredits === undefined && totalUsage === undefined) return others;
  const { credits } = DEFAULT_OPTIONS;
  // Not the default of 25.75, which would put a small account in debt.
  const given = { totalCredits: totalCredits ?? credits.totalCredits, totalUsage: totalUsage ?? 0 };
  return { ...others, credits: given as typeof credits };
}

/** A string as a number if it is one, else unchanged. */
function numberOf(text: string): number | string {
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

function flagOf(option: string | undefined): string | undefined {
  const found = (Object.entries(FLAGS) as [FlagName, Flag][]).find(([, flag]) => flag.option === option);
  return found && `--${found[0]}`;
}

function mistake(problem: string): Command {
  return { kind: 'mistake', problem };
}

function parseProblem(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const [, flag] = /'(?:-\w, )?(--?[\w-]+)/.exec(message) ?? [];
  if (flag === undefined) throw error;
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return `there is no option ${flag}`;
  return flag.slice(2) in FLAGS
    ? `${flag} needs a value; one that begins with a dash is written ${flag}=-1`
    : `${flag} takes no value`;
}

function helpOf(flags: Readonly<Record<string, Pick<Flag, 'value' | 'about'>>>): string {
  const rows = Object.entries(flags).map(([name, { value, about }]) => [`--${name} ${value}`.trim(), about]);
  const width = Math.max(...rows.map(([flag = '']) => flag.length));
  return rows.map(([flag = '', about = '']) => `  ${flag.padEnd(width)}  ${about}`).join('\n');
}
