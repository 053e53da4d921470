import { isOfOpenRouter } from '../errors/answer-origin.js';
import { OpenRouterApiException } from '../errors/api.exception.js';
import { OpenRouterConfigException, OpenRouterResponseException } from '../errors/client.exceptions.js';
import { MANAGEMENT_KEYS_PAGE, withHint } from '../errors/key-hint.js';
import type { HttpPipeline } from '../http/http-pipeline.js';
import type { ResolvedOpenRouterOptions } from '../options/openrouter-options.js';
import { configFault } from '../options/config-fault.js';
import type { OpenRouterKeyKind } from '../options/resolve-options.js';
import { logWarning } from '../untrusted/log-warning.js';
import { decodeKeyKind } from './api-keys.decoders.js';

/** A failed verification of a key. */
export interface KeyFailure {
  readonly error: Error;
  /** The target of the answer, if it was a redirect. */
  readonly location?: string | undefined;
}

/** The result of `GET /key` with a key; `isManagementKey` is `undefined` if the answer does not say. */
export type KeyFinding = { readonly isManagementKey: boolean | undefined } | KeyFailure;

/** The result for each key that is set. */
export type KeyFindings = Readonly<Partial<Record<OpenRouterKeyKind, KeyFinding>>>;

/** The problems and warnings about the keys. A problem stops the boot. */
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
 * Judges the keys of an account by the answers of `GET /key`.
 *
 * | the answer                                             | verdict                              |
 * | ------------------------------------------------------ | ------------------------------------ |
 * | the key is of the wrong kind for the option            | problem: the key                     |
 * | 401 or 403 from OpenRouter itself                      | problem: the key                     |
 * | 403 from OpenRouter itself, about a limit              | warning: the key is good             |
 * | 401 or 403 from another server; 407                    | warning: a proxy or firewall         |
 * | 404, 405, or a permanent redirect (301, 308)           | problem: `baseUrl`                   |
 * | any other error, no answer, or an unreadable answer    | warning: there may be an outage      |
 *
 * @param url - The requested URL, for messages.
 */
export function judgeKeys(findings: KeyFindings, url: string): KeyVerdict {
  const both = findings.api !== undefined && findings.management !== undefined;
  const verdicts = [
    ...(findings.api === undefined ? [] : [judgeKey('api', findings.api, both ? false : undefined, url)]),
    ...(findings.management === undefined ? [] : [judgeKey('management', findings.management, true, url)]),
  ];
  return {
    // A problem with `baseUrl` is the same for both keys.
    problems: [...new Set(verdicts.flatMap(({ problems }) => problems))],
    warnings: verdicts.flatMap(({ warnings }) => warnings),
  };
}

/**
 * Verifies every key that is set with `GET /key`, all keys at the same time, with the retries and the deadline of any
 * other call.
 *
 * A key that cannot be verified causes a warning in Nest's log: an application must be able to start while OpenRouter
 * is down.
 *
 * @param subject - How the account was registered, for messages.
 * @throws `OpenRouterConfigException` if a key is refused or is of the wrong kind for its option, or if there is no
 * `/key` below `baseUrl`.
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
    logWarning(`${subject}, \`verifyKeysOnBootstrap\`: ${warning}`);
  }
}

/**
 * @param wanted - Whether the key must (`true`) or must not (`false`) be a management key; `undefined` if either is
 * fine.
 */
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

/** The reason why the application must not start; `undefined` if the failure is only worth a warning. */
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

/** A hint for an answer that is not OpenRouter's: a space and a sentence, or an empty string. */
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

/** The origin and the path of a redirect, without its query, which may contain anything. */
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
