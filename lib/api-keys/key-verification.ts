import { Logger } from '@nestjs/common';
import { isOfOpenRouter } from '../errors/answer-origin.js';
import { OpenRouterApiException } from '../errors/api.exception.js';
import { OpenRouterConfigException, OpenRouterResponseException } from '../errors/client.exceptions.js';
import { MANAGEMENT_KEYS_PAGE, withHint } from '../errors/key-hint.js';
import type { HttpPipeline } from '../http/http-pipeline.js';
import type { ResolvedOpenRouterOptions } from '../options/openrouter-options.js';
import { configFault } from '../options/config-fault.js';
import type { OpenRouterKeyKind } from '../options/resolve-options.js';
import { decodeKeyKind } from './api-keys.decoders.js';

/** A key that could not be asked about itself. */
export interface KeyFailure {
  readonly error: Error;
  /** Where the answer leads to, if it was a redirect. */
  readonly location?: string | undefined;
}

/** What asking a key about itself has shown; `isManagementKey` is absent where the answer does not tell. */
export type KeyFinding = { readonly isManagementKey: boolean | undefined } | KeyFailure;

/** What was found of each key that is set. */
export type KeyFindings = Readonly<Partial<Record<OpenRouterKeyKind, KeyFinding>>>;

/** What is to be said of the keys: problems stop the boot. */
export interface KeyVerdict {
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

const KEY_PATH = '/key';

const CHECK_BASE_URL =
  "Check its path: OpenRouter's own is https://openrouter.ai/api/v1, and a gateway has one as well. Where a gateway does " +
  'not serve `/key`, leave out `verifyKeysOnBootstrap`';

const OPTIONS: Readonly<Record<OpenRouterKeyKind, string>> = { api: 'apiKey', management: 'managementKey' };

/**
 * Judges the keys of an account by what they said of themselves.
 *
 * | the answer                                             | verdict                              |
 * | ------------------------------------------------------ | ------------------------------------ |
 * | tells a kind that does not fit the option              | problem: the key                     |
 * | 401, 403 of OpenRouter's own                           | problem: the key                     |
 * | 403 of OpenRouter's own about a limit                  | warning: the key is good             |
 * | 401, 403 of something else, 407                        | warning: a proxy or firewall         |
 * | 404, 405; a redirect for good (301, 308)               | problem: `baseUrl`                   |
 * | any other error, no answer, nothing that can be read   | warning: there may be an outage      |
 *
 * @param url - What was asked, for messages.
 */
export function judgeKeys(findings: KeyFindings, url: string): KeyVerdict {
  const both = findings.api !== undefined && findings.management !== undefined;
  const verdicts = [
    ...(findings.api === undefined ? [] : [judgeKey('api', findings.api, both ? false : undefined, url)]),
    ...(findings.management === undefined ? [] : [judgeKey('management', findings.management, true, url)]),
  ];
  return {
    // What is wrong with `baseUrl` is so for both keys.
    problems: [...new Set(verdicts.flatMap(({ problems }) => problems))],
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
 * @throws `OpenRouterConfigException` for a key that is refused, or is of the wrong kind for its option; for a `baseUrl`
 * below which there is no `/key`.
 */
export async function verifyKeys(
  pipeline: HttpPipeline,
  { keys, baseUrl }: Pick<ResolvedOpenRouterOptions, 'baseUrl' | 'keys'>,
  subject: string,
): Promise<void> {
  const kinds = (['api', 'management'] as const).filter((kind) => keys[kind]);
  const findings = await Promise.all(
    kinds.map(async (kind) => [kind, await askKey(pipeline, kind)] as const),
  );
  const { problems, warnings } = judgeKeys(Object.fromEntries(findings), `${baseUrl}${KEY_PATH}`);
  if (problems.length > 0) {
    throw configFault(`${subject}, \`verifyKeysOnBootstrap\``, problems.join('; '));
  }
  for (const warning of warnings) {
    new Logger('OpenRouter').warn(`${subject}, \`verifyKeysOnBootstrap\`: ${warning}`);
  }
}

/** @param wanted - Whether it must be a management key, or must not; `undefined` if it may. */
function judgeKey(
  kind: OpenRouterKeyKind,
  finding: KeyFinding,
  wanted: boolean | undefined,
  url: string,
): KeyVerdict {
  const option = OPTIONS[kind];
  if ('error' in finding) {
    const problem = problemOf(option, finding, url);
    return problem === undefined
      ? warning(
          `\`${option}\` could not be verified, and is used all the same. ` +
            withHint(finding.error.message, `GET ${url} was asked.${adviceOn(finding)}`),
        )
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

/** Why the application must not start, or `undefined` if that is not what the failure tells. */
function problemOf(option: string, { error, location }: KeyFailure, url: string): string | undefined {
  if (error instanceof OpenRouterConfigException) {
    return error.message.replace(/\.$/, '');
  }
  if (!(error instanceof OpenRouterApiException)) {
    return undefined;
  }
  const { status, message, limitSource } = error;
  if (status === 404 || status === 405) {
    return `GET ${url} is answered with ${status} (${JSON.stringify(message)}): there is no API below \`baseUrl\`. ${CHECK_BASE_URL}`;
  }
  if (status === 301 || status === 308) {
    const where = location === undefined ? '' : ` to ${placeOf(location, url)}`;
    return (
      `GET ${url} is answered with a redirect${where} (${status}), which is not followed, since it could carry the key ` +
      `elsewhere. ${CHECK_BASE_URL}`
    );
  }
  // A 403 that names a limit is about money: the key itself is good.
  return isOfOpenRouter(error) && (status === 401 || (status === 403 && limitSource === undefined))
    ? `\`${option}\` is refused by OpenRouter (${status} ${JSON.stringify(message)}); check that the key is ` +
        'complete, neither deleted, disabled nor expired, and one of the server at `baseUrl`'
    : undefined;
}

/** What to look at where an answer came that is not OpenRouter's, as a sentence behind a space. */
function adviceOn({ error }: KeyFailure): string {
  if (error instanceof OpenRouterResponseException) {
    return ' If that is no outage, check that `baseUrl` is the URL of the API, with its version path.';
  }
  const status = error instanceof OpenRouterApiException ? error.status : undefined;
  if (status === 407) {
    return ' A proxy asks for credentials: set `axios.proxy.auth`, or give them to the agent.';
  }
  return (status === 401 || status === 403) && !isOfOpenRouter(error)
    ? " The answer has not the shape of OpenRouter's: it is one of a proxy, a firewall or a gateway on the way, and says " +
        'nothing about the key.'
    : '';
}

/** The host and the path of a redirect; its query may hold anything. */
function placeOf(location: string, url: string): string {
  if (!URL.canParse(location, url)) {
    return 'nowhere';
  }
  const { origin, pathname } = new URL(location, url);
  return `${origin}${pathname}`;
}

function warning(text: string): KeyVerdict {
  return { problems: [], warnings: [text] };
}

async function askKey(pipeline: HttpPipeline, key: OpenRouterKeyKind): Promise<KeyFinding> {
  let location: string | undefined;
  try {
    return {
      isManagementKey: await pipeline.request({
        operation: 'apiKeys.getCurrent',
        method: 'GET',
        path: KEY_PATH,
        key,
        decode: decodeKeyKind,
        onRedirect: (latest) => {
          location = latest;
        },
      }),
    };
  } catch (error) {
    return { error: error as Error, location };
  }
}
