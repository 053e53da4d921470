import { describe, expect, it } from '@jest/globals';
import { FLAGS, flagProblem, HELP, readCommandLine } from '../../lib/testing/command-line.js';
import { DEFAULT_OPTIONS, resolveOptions } from '../../lib/testing/sandbox-options.js';
import type { OpenRouterSandboxOptions } from '../../lib/testing/index.js';

type Settable = Exclude<keyof OpenRouterSandboxOptions, 'guardrails'>;

/** Every option, by the compiler's word, and the flags that set it; `guardrails` is a list of objects and has none. */
const OPTIONS: Readonly<Record<Settable, readonly string[]>> = {
  port: ['port'],
  apiKey: ['api-key'],
  managementKey: ['management-key'],
  credits: ['credits', 'usage'],
  coinbase: ['coinbase'],
  inferenceKeyCredits: ['inference-key-credits'],
  keyLimit: ['key-limit'],
  keyLimitReset: ['key-limit-reset'],
  keyLimitStatus: ['key-limit-status'],
  completionCost: ['completion-cost'],
  completionMs: ['completion-ms'],
  generationMisses: ['generation-misses'],
  generationDelayMs: ['generation-delay-ms'],
  cancelledBilling: ['cancelled-billing'],
  latencyMs: ['latency-ms'],
};

describe('the command line of the sandbox', () => {
  it('has a flag for every option but one', () => {
    expect(Object.keys(FLAGS).sort()).toEqual(Object.values(OPTIONS).flat().sort());
  });

  it('sets every option that has a flag', () => {
    const args =
      'sandbox --port 4010 --api-key sk-or-v1-a --management-key sk-or-v1-m --credits 5 --usage 1.5 --coinbase hosted ' +
      '--inference-key-credits zeros --key-limit 2 --key-limit-reset daily --key-limit-status 402 ' +
      '--completion-cost 0.25 --completion-ms 20 --generation-misses=3 ' +
      '--generation-delay-ms 40 --cancelled-billing full --latency-ms 10';
    const command = readCommandLine(args.split(' '));
    expect(command).toEqual({
      kind: 'sandbox',
      options: {
        port: 4010,
        apiKey: 'sk-or-v1-a',
        managementKey: 'sk-or-v1-m',
        credits: { totalCredits: 5, totalUsage: 1.5 },
        coinbase: 'hosted',
        inferenceKeyCredits: 'zeros',
        keyLimit: 2,
        keyLimitReset: 'daily',
        keyLimitStatus: 402,
        completionCost: 0.25,
        completionMs: 20,
        generationMisses: 3,
        generationDelayMs: 40,
        cancelledBilling: 'full',
        latencyMs: 10,
      },
    });
    expect(Object.keys((command as { options: object }).options).sort()).toEqual(Object.keys(OPTIONS).sort());
  });

  it.each([
    ['sandbox', {}],
    ['sandbox --credits 5', { credits: { totalCredits: 5, totalUsage: 0 } }],
    ['sandbox --usage 5', { credits: { totalCredits: DEFAULT_OPTIONS.credits.totalCredits, totalUsage: 5 } }],
    ['--port 0 sandbox', { port: 0 }],
    ['sandbox --completion-cost by-model', { completionCost: 'by-model' }],
  ])('reads %s', (args, options) => {
    expect(readCommandLine(args.split(' '))).toEqual({ kind: 'sandbox', options });
  });

  it.each([
    ['', 'there is one command: sandbox'],
    ['sandbx --port 1', 'there is one command: sandbox'],
    ['sandbox 4010', 'sandbox takes options alone, each with its name: --port 4010'],
    ['sandbox --prot=4010', 'there is no option --prot'],
    ['sandbox -p', 'there is no option -p'],
    ['sandbox --port', '--port needs a value; one that begins with a dash is written --port=-1'],
    ['sandbox --port -1', '--port needs a value; one that begins with a dash is written --port=-1'],
    ['sandbox --help=4010', '--help takes no value'],
  ])('refuses %j', (args, problem) => {
    expect(readCommandLine(args.split(' ').filter(Boolean))).toEqual({ kind: 'mistake', problem });
  });

  it('repeats nothing of what may be a key', () => {
    const key = 'sk-or-v1-mistyped';
    for (const args of [
      [key],
      ['sandbox', key],
      ['sandbox', `--apikey=${key}`],
      ['sandbox', '--help=' + key],
    ]) {
      expect(JSON.stringify(readCommandLine(args))).not.toContain(key);
    }
  });

  it.each(Object.keys(FLAGS))('names --%s where its value cannot be', (flag) => {
    const command = readCommandLine(['sandbox', `--${flag}= `]);
    const { options } = command as { options: OpenRouterSandboxOptions };
    const refused = (): unknown => resolveOptions(options);
    expect(refused).toThrow(TypeError);
    try {
      refused();
    } catch (error) {
      expect(flagProblem(error as Error)).toMatch(new RegExp(`^--${flag} must be `));
    }
  });

  it('names both flags where two keys are one', () => {
    const command = readCommandLine(['sandbox', '--api-key', 'same', '--management-key', 'same']);
    try {
      resolveOptions((command as { options: OpenRouterSandboxOptions }).options);
      throw new Error('not refused');
    } catch (error) {
      expect(flagProblem(error as Error)).toBe('--management-key must be another key than --api-key');
    }
  });

  it('takes no other error for a mistake in a flag', () => {
    expect(flagProblem(new Error('OpenRouterSandbox.start: port 1 of 127.0.0.1 is in use'))).toBeUndefined();
  });

  it('tells every flag, and the true defaults, in its help', () => {
    const told = Object.fromEntries(
      [...HELP.matchAll(/^ {2}--([\w-]+) [A-Z]+ +.*?(?:([\w. ]+) by default|: (\w+) \(default\))/gm)].map(
        ([, flag, byDefault, marked]) => [flag!, (byDefault ?? marked)!.trim()],
      ),
    );
    const { credits, port, keyLimit, keyLimitReset, guardrails: _, ...others } = DEFAULT_OPTIONS;
    expect([port, keyLimit, keyLimitReset]).toEqual([0, null, null]);
    expect(told).toEqual({
      ...Object.fromEntries(
        Object.entries(others).map(([name, value]) => [OPTIONS[name as Settable][0], String(value)]),
      ),
      port: 'any free one',
      'api-key': 'random',
      'management-key': 'random',
      'key-limit': 'none',
      'key-limit-reset': 'never',
      credits: String(credits.totalCredits),
      usage: String(credits.totalUsage),
    });
    expect(HELP.split('\n').every((line) => line.length <= 120)).toBe(true);
  });
});
