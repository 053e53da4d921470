import { Logger } from '@nestjs/common';
import { OpenRouterApiException } from '../errors/api.exceptions.js';
import { OpenRouterConfigException } from '../errors/client.exceptions.js';
import { MANAGEMENT_KEYS_PAGE } from '../errors/key-hint.js';
import type { HttpPipeline } from '../http/http-pipeline.js';
import { configFault } from '../options/config-fault.js';
import type { OpenRouterKeyKind } from '../options/resolve-options.js';
import { decodeKeyKind } from './api-keys.decoders.js';

/** What asking a key about itself has shown; `isManagementKey` is absent where the answer does not tell. */
export type KeyFinding = { readonly isManagementKey: boolean | undefined } | { readonly error: Error };

/** What was found of each key that is set. */
export type KeyFindings = Readonly<Partial<Record<OpenRouterKeyKind, KeyFinding>>>;

/** What is to be said of the keys: problems stop the boot. */
export interface KeyVerdict {
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

const OPTIONS: Readonly<Record<OpenRouterKeyKind, string>> = { api: 'apiKey', management: 'managementKey' };

/** Judges the keys of an account by what they said of themselves. */
export function judgeKeys(findings: KeyFindings): KeyVerdict {
  const both = findings.api !== undefined && findings.management !== undefined;
  const verdicts = [
    ...(findings.api === undefined ? [] : [judgeKey('api', findings.api, both ? false : undefined)]),
    ...(findings.management === undefined ? [] : [judgeKey('management', findings.management, true)]),
  ];
  return {
    problems: verdicts.flatMap(({ problems }) => problems),
    warnings: verdicts.flatMap(({ warnings }) => warnings),
  };
}

/**
 * Asks every key that is set about itself, all at the same time. `GET /key`, with the retries and the deadline of any
 * other call.
 *
 * What cannot be found out is a warning in Nest's log: an application must be able to start while OpenRouter is down.
 *
 * @param subject - How the account was registered, for messages.
 * @throws `OpenRouterConfigException` for a key that is refused, or is of the wrong kind for its option.
 */
export async function verifyKeys(pipeline: HttpPipeline, subject: string): Promise<void> {
  const { keys } = pipeline.options;
  const kinds = (['api', 'management'] as const).filter((kind) => keys[kind]);
  const findings = await Promise.all(
    kinds.map(async (kind) => [kind, await askKey(pipeline, kind)] as const),
  );
  const { problems, warnings } = judgeKeys(Object.fromEntries(findings));
  if (problems.length > 0) {
    throw configFault(`${subject}, \`verifyKeysOnBootstrap\``, problems.join('; '));
  }
  for (const warning of warnings) {
    new Logger('OpenRouter').warn(`${subject}, \`verifyKeysOnBootstrap\`: ${warning}`);
  }
}

/** @param wanted - Whether it must be a management key, or must not; `undefined` if it may. */
function judgeKey(kind: OpenRouterKeyKind, finding: KeyFinding, wanted: boolean | undefined): KeyVerdict {
  const option = OPTIONS[kind];
  if ('error' in finding) {
    const problem = refusalOf(option, finding.error);
    return problem === undefined
      ? warning(`\`${option}\` could not be verified, and is used all the same. ${finding.error.message}`)
      : { problems: [problem], warnings: [] };
  }
  const { isManagementKey } = finding;
  if (wanted === undefined || isManagementKey === wanted) {
    return { problems: [], warnings: [] };
  }
  if (isManagementKey === undefined) {
    return warning(`\`${option}\` works, but OpenRouter did not tell whether it is a management key.`);
  }
  return {
    problems: [
      isManagementKey
        ? `\`${option}\` is a management key, which cannot call completions; give an ordinary key, or leave it out, ` +
          'since `managementKey` serves every call of this package'
        : `\`${option}\` is an ordinary key, which cannot administer the account; make a management key at ` +
          `${MANAGEMENT_KEYS_PAGE}, or give this one as \`apiKey\``,
    ],
    warnings: [],
  };
}

/** Why a key cannot be used, or `undefined` if that is not what the failure tells. */
function refusalOf(option: string, error: Error): string | undefined {
  if (error instanceof OpenRouterConfigException) {
    return error.message.replace(/\.$/, '');
  }
  // A 403 that names a limit is about money: the key itself is good.
  return error instanceof OpenRouterApiException &&
    (error.status === 401 || (error.status === 403 && error.limitSource === undefined))
    ? `\`${option}\` is refused by OpenRouter (${error.status} ${JSON.stringify(error.message)}); check that the key is ` +
        'complete, neither deleted, disabled nor expired, and one of the server at `baseUrl`'
    : undefined;
}

function warning(text: string): KeyVerdict {
  return { problems: [], warnings: [text] };
}

async function askKey(pipeline: HttpPipeline, key: OpenRouterKeyKind): Promise<KeyFinding> {
  try {
    return {
      isManagementKey: await pipeline.request({
        operation: 'apiKeys.getCurrent',
        method: 'GET',
        path: '/key',
        key,
        decode: decodeKeyKind,
      }),
    };
  } catch (error) {
    return { error: error as Error };
  }
}
