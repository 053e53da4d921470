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

/** What {@link ApiKeysService.findByName} takes as its last argument. */
export interface FindApiKeysOptions extends RequestOptions {
  /** Id of the workspace to look in, a UUID; by default the default workspace, and no other. */
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
   * The hash by which OpenRouter identifies a key, computed locally; nothing is sent. It finds a key in a list, and
   * names a key in logs without showing it.
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
   * What the key in use says of itself: limit, budgets, usage, kind. `GET /key`; any key will do, and `apiKey` is
   * asked before `managementKey`.
   *
   * @param options - Settings of this one call; `apiKey` asks another key about itself.
   * @returns Amounts in US dollars. There is no hash and no name in it; of the amounts only `limitRemaining` is
   * certain.
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
   * One page of keys, the latest first: at most 100. `GET /keys`; needs a management key.
   *
   * Without `workspaceId` only the keys of the default workspace are listed, and without `includeDisabled` no disabled
   * ones.
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
   * All keys, one after the other, page by page as they are asked for: `GET /keys` as often as it takes, each as
   * `apiKeys.list`; needs a management key.
   *
   * A key that is created in the meantime moves the others down, but none of them comes twice. A key that is deleted in
   * the meantime moves them up, past the next page: collect first, then delete. A server that repeats a page is an
   * `OpenRouterResponseException`, since what it leaves out cannot be known.
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
   * Every key of exactly this name, including disabled ones. `GET /keys`, all pages; needs a management key.
   *
   * After a {@link ApiKeysService.create} with an unknown outcome it shows whether the key was created.
   *
   * @param name - The name.
   * @param options - Settings of each page's call, but one `deadlineMs` for all pages together; `workspaceId`, where it
   * is not the default workspace.
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
   * Sent once, and again only if the first attempt certainly was not sent, or after a 429 with `retryThrottledPost`. If
   * it fails with the `delivery` `unknown` or `applied`, the key may have been created, and its secret is lost:
   * {@link ApiKeysService.findByName} finds the key; delete it before you create another one.
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
   * One key. `GET /keys/{hash}`; needs a management key.
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
   * @param request - `name`, `disabled`, `limit` in US dollars, `limitReset`, `includeByokInLimit`: what is `undefined`
   * stays as it is, `null` takes a limit or its reset away. At least one is needed; nothing else can be changed.
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
   * Deletes a key: it stops working at once, and for good. `DELETE /keys/{hash}`; needs a management key.
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
