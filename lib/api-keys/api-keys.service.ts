import type { RequestOptions } from '../contracts/request-options.js';
import { OpenRouterValidationException } from '../errors/client.exceptions.js';
import type { HttpPipeline } from '../http/http-pipeline.js';
import { attachPipeline, pipelineOf } from '../http/service-pipeline.js';
import { checkArgument } from '../options/check-argument.js';
import { keyProblem } from '../options/key-rules.js';
import { ownMembers } from '../options/pollution.js';
import type { OpenRouterKey } from '../options/openrouter-options.js';
import { hashKey } from '../secret/key-hash.js';
import { isSecretString } from '../secret/secret-string.js';
import { isMatching, NOT_BLANK_PATTERN } from '../wire/identifiers.js';
import { utcText } from './api-key.rules.js';
import { keysOfPages, pageCall } from './api-key.pages.js';
import {
  decodeApiKey,
  decodeCreatedApiKey,
  decodeCurrentApiKey,
  decodeDeletion,
} from './api-keys.decoders.js';
import type { ApiKey, CreatedApiKey, CurrentApiKey } from './api-keys.models.js';
import { CreateApiKeyRequest } from './create-api-key.request.js';
import { ListApiKeysQuery } from './list-api-keys.query.js';
import { checkChanges } from './update-api-key.request.js';
import type { UpdateApiKeyRequest } from './update-api-key.request.js';

/** The options of {@link ApiKeysService.findByName}. */
export interface FindApiKeysOptions extends RequestOptions {
  /** Id of the workspace to search, a UUID. @defaultValue the default workspace */
  workspaceId?: string | undefined;
}

/**
 * The account's keys. Every method but `getCurrent` needs a management key.
 *
 * Each throws, besides what it names: `OpenRouterUnauthorizedException` (401) for a missing, wrong or disabled key;
 * `OpenRouterForbiddenException` (403) for a key that is not a management key; `OpenRouterTooManyRequestsException`
 * (429); `OpenRouterInternalServerException` (500); `OpenRouterApiException` for any other 3XX, 4XX or 5XX;
 * `OpenRouterConnectionException`, `OpenRouterTimeoutException`, `OpenRouterResponseException`,
 * `OpenRouterAbortException`; and `OpenRouterValidationException` for a bad argument, before anything is sent.
 */
export class ApiKeysService {
  /** @internal */
  constructor(pipeline: HttpPipeline | undefined) {
    attachPipeline(this, pipeline, 'apiKeys');
  }

  /**
   * The hash by which OpenRouter identifies a key, computed locally; nothing is sent. Use it to find a key in a list, or
   * to name a key in a log without showing it.
   *
   * @param key - The whole key.
   * @returns 64 lower-case hexadecimal digits: the SHA-256 of the key.
   * @throws `OpenRouterValidationException` for a value that cannot be a key.
   */
  static hashOf(key: OpenRouterKey): string {
    const problem = keyProblem(key);
    if (problem !== undefined) {
      throw refusal('ApiKeysService.hashOf', 'key', `\`key\` ${problem}`);
    }
    return hashKey(isSecretString(key) ? key.reveal() : key);
  }

  /**
   * Describes the key in use: limit, budgets, usage, kind. `GET /key`; works with any key, and prefers `apiKey` to
   * `managementKey`.
   *
   * @param options - Settings of this one call; with `apiKey`, it describes that key.
   * @returns Amounts in US dollars. The description has no hash and no name, and of the amounts only `limitRemaining` is
   * always present.
   */
  getCurrent(options?: RequestOptions): Promise<CurrentApiKey> {
    return pipelineOf(this).request(
      {
        operation: 'apiKeys.getCurrent',
        method: 'GET',
        path: '/key',
        key: 'api',
        decode: decodeCurrentApiKey,
      },
      options,
    );
  }

  /**
   * Lists one page of at most 100 keys, the latest first. `GET /keys`; needs a management key.
   *
   * Without `workspaceId`, it lists only the keys of the default workspace; without `includeDisabled`, only those that are
   * not disabled.
   *
   * @param query - `offset`, how many keys to skip; `includeDisabled`; `workspaceId`.
   * @param options - Settings of this one call.
   * @returns Amounts in US dollars.
   * @throws `OpenRouterBadRequestException` (400), and what every method throws.
   */
  async list(query?: ListApiKeysQuery, options?: RequestOptions): Promise<ApiKey[]> {
    const checked = checkArgument(ListApiKeysQuery, query ?? {}, 'apiKeys.list');
    return pipelineOf(this).request(pageCall(checked), options);
  }

  /**
   * Yields all keys, one after the other. Each page is one call of `GET /keys`, made when its first key is needed, with
   * the operation name `apiKeys.list`. Needs a management key.
   *
   * A key that is created in the meantime moves the others to later offsets; none of them is yielded twice. A key that is
   * deleted in the meantime moves them to earlier offsets, so some may be missed: collect first, then delete. If a server
   * repeats a page, it throws an `OpenRouterResponseException`, because keys would be missing.
   *
   * @param query - What {@link ApiKeysService.list} takes; `offset` is where it begins.
   * @param options - Settings of each page's call, which has a deadline of its own; `signal` also ends the iteration
   * between two keys.
   *
   * @example
   * ```ts
   * for await (const key of apiKeys.iterate({ includeDisabled: true })) console.log(key.name, key.usageMonthly);
   * ```
   */
  async *iterate(
    query?: ListApiKeysQuery,
    options?: RequestOptions,
  ): AsyncGenerator<ApiKey, void, undefined> {
    const checked = checkArgument(ListApiKeysQuery, query ?? {}, 'apiKeys.iterate');
    yield* keysOfPages(pipelineOf(this), checked, options);
  }

  /**
   * Finds every key of exactly this name, including disabled keys. `GET /keys`, all pages; needs a management key.
   *
   * After a {@link ApiKeysService.create} with an unknown outcome, it shows whether the key was created.
   *
   * @param name - The name.
   * @param options - Settings of each page's call, but one `deadlineMs` for all pages together; `workspaceId`, if it is
   * not the default workspace.
   */
  async findByName(name: string, options?: FindApiKeysOptions): Promise<ApiKey[]> {
    if (!isMatching(name, NOT_BLANK_PATTERN)) {
      throw refusal('apiKeys.findByName', 'name', '`name` must be a string that is not blank');
    }
    const { workspaceId, ...each } = ownMembers(options ?? {});
    const query = checkArgument(
      ListApiKeysQuery,
      { includeDisabled: true, workspaceId },
      'apiKeys.findByName',
    );
    const found: ApiKey[] = [];
    for await (const key of keysOfPages(pipelineOf(this), query, each, performance.now())) {
      if (key.name === name) found.push(key);
    }
    return found;
  }

  /**
   * Creates a key. `POST /keys`; needs a management key.
   *
   * The request is sent once. It is sent again only if the first attempt certainly did not reach OpenRouter, or after a
   * 429 with `retryThrottledPost`. If the call fails with the `delivery` `unknown` or `applied`, the key may have been
   * created, but its secret is lost: find it with {@link ApiKeysService.findByName}, and delete it before you create
   * another one.
   *
   * @param request - `name`; `limit` in US dollars, `limitReset`, `includeByokInLimit`, `expiresAt`, `creatorUserId`,
   * `workspaceId`.
   * @param options - Settings of this one call.
   * @returns The key's description, and the key itself as `secret`, which OpenRouter never shows again.
   * @throws `OpenRouterBadRequestException` (400), and what every method throws.
   */
  async create(request: CreateApiKeyRequest, options?: RequestOptions): Promise<CreatedApiKey> {
    const { name, limit, limitReset, includeByokInLimit, expiresAt, creatorUserId, workspaceId } =
      checkArgument(CreateApiKeyRequest, request, 'apiKeys.create');
    return pipelineOf(this).request(
      {
        operation: 'apiKeys.create',
        method: 'POST',
        path: '/keys',
        key: 'management',
        body: {
          name,
          limit,
          limit_reset: limitReset,
          include_byok_in_limit: includeByokInLimit,
          expires_at: utcText(expiresAt),
          creator_user_id: creatorUserId,
          workspace_id: workspaceId,
        },
        decode: decodeCreatedApiKey,
      },
      options,
    );
  }

  /**
   * Returns one key. `GET /keys/{hash}`; needs a management key.
   *
   * @param hash - The key's hash, as {@link ApiKeysService.hashOf} computes it.
   * @param options - Settings of this one call.
   * @returns Amounts in US dollars.
   * @throws `OpenRouterNotFoundException` (404), and what every method throws.
   */
  async get(hash: string, options?: RequestOptions): Promise<ApiKey> {
    return pipelineOf(this).request(
      {
        operation: 'apiKeys.get',
        method: 'GET',
        path: '/keys/{hash}',
        parameters: { hash },
        key: 'management',
        decode: decodeApiKey,
      },
      options,
    );
  }

  /**
   * Changes a key. `PATCH /keys/{hash}`; needs a management key.
   *
   * @param hash - The key's hash.
   * @param request - `name`, `disabled`, `limit` in US dollars, `limitReset`, `includeByokInLimit`. A member that is
   * `undefined` stays as it is; `null` removes a limit or its reset. At least one is needed; nothing else can be changed.
   * @param options - Settings of this one call.
   * @returns The key as it is now, amounts in US dollars.
   * @throws `OpenRouterNotFoundException` (404), `OpenRouterBadRequestException` (400), and what every method throws.
   */
  async update(hash: string, request: UpdateApiKeyRequest, options?: RequestOptions): Promise<ApiKey> {
    const { name, disabled, limit, limitReset, includeByokInLimit } = checkChanges(request, 'apiKeys.update');
    return pipelineOf(this).request(
      {
        operation: 'apiKeys.update',
        method: 'PATCH',
        path: '/keys/{hash}',
        parameters: { hash },
        key: 'management',
        body: {
          name,
          disabled,
          limit,
          limit_reset: limitReset,
          include_byok_in_limit: includeByokInLimit,
        },
        decode: decodeApiKey,
      },
      options,
    );
  }

  /**
   * Deletes a key, which stops working at once. This cannot be undone. `DELETE /keys/{hash}`; needs a management key.
   *
   * @param hash - The key's hash.
   * @param options - Settings of this one call.
   * @throws `OpenRouterNotFoundException` (404), unless an earlier attempt of the same call may have deleted it; and
   * what every method throws.
   */
  async delete(hash: string, options?: RequestOptions): Promise<void> {
    return pipelineOf(this).request(
      {
        operation: 'apiKeys.delete',
        method: 'DELETE',
        path: '/keys/{hash}',
        parameters: { hash },
        key: 'management',
        decode: decodeDeletion,
      },
      options,
    );
  }
}

function refusal(subject: string, property: string, reason: string): OpenRouterValidationException {
  return new OpenRouterValidationException(subject, [{ property, constraints: { rule: reason } }]);
}
