/**
 * The statuses of OpenRouter's `error_type`, which is the same over Chat, Responses and Messages:
 * https://openrouter.ai/docs/api/reference/errors-and-debugging.
 */
const STATUS_OF_TYPE = indexed({
  400: [
    'context_length_exceeded',
    'max_tokens_exceeded',
    'token_limit_exceeded',
    'string_too_long',
    'invalid_request',
    'invalid_prompt',
    'content_policy_violation',
    'refusal',
    'invalid_image',
    'image_too_large',
    'image_too_small',
    'unsupported_image_format',
    'image_download_failed',
  ],
  401: ['authentication'],
  402: ['payment_required'],
  403: ['permission_denied'],
  404: ['not_found', 'image_not_found'],
  412: ['precondition_failed'],
  413: ['payload_too_large'],
  422: ['unprocessable'],
  429: ['rate_limit_exceeded'],
  500: ['server', 'unmapped'],
  502: ['provider_unavailable'],
  503: ['provider_overloaded'],
  504: ['timeout'],
});

/** The statuses of the `code` of the Responses API, as `@openrouter/sdk` 1.3 lists it, without the words above. */
const STATUS_OF_CODE = indexed({
  400: [
    'invalid_image_format',
    'invalid_base64_image',
    'invalid_image_url',
    'image_parse_error',
    'image_content_policy_violation',
    'invalid_image_mode',
    'image_file_too_large',
    'unsupported_image_media_type',
    'empty_image_file',
    'failed_to_download_image',
    'bio_policy',
    'cyber_policy',
    'misalignment_policy_violation',
  ],
  404: ['image_file_not_found'],
  500: ['server_error'],
  504: ['vector_store_timeout'],
});

/** The statuses of the `type` of the Messages API: https://docs.anthropic.com/en/api/errors. */
const STATUS_OF_ENVELOPE_TYPE = indexed({
  400: ['invalid_request_error'],
  401: ['authentication_error'],
  402: ['billing_error'],
  403: ['permission_error'],
  404: ['not_found_error'],
  413: ['request_too_large'],
  429: ['rate_limit_error'],
  500: ['api_error'],
  504: ['timeout_error'],
  529: ['overloaded_error'],
});

/** The `error_type` for each reason why a response of the Responses API is incomplete. */
const TYPE_OF_INCOMPLETENESS: ReadonlyMap<unknown, string> = new Map([
  ['max_output_tokens', 'max_tokens_exceeded'],
  ['content_filter', 'content_policy_violation'],
]);

const STATUS_OF_WORD: ReadonlyMap<unknown, number> = new Map([
  ...STATUS_OF_ENVELOPE_TYPE,
  ...STATUS_OF_CODE,
  ...STATUS_OF_TYPE,
]);

function indexed(rows: Readonly<Record<number, readonly string[]>>): ReadonlyMap<string, number> {
  return new Map(
    Object.entries(rows).flatMap(([status, words]) => words.map((word) => [word, Number(status)] as const)),
  );
}

/** The status that a type or a code stands for. */
export function statusOfWord(word: unknown): number | undefined {
  return STATUS_OF_WORD.get(word);
}

/** Whether a word is a `type` that only an error of the Messages API has. */
export function isEnvelopeType(word: unknown): boolean {
  return typeof word === 'string' && STATUS_OF_ENVELOPE_TYPE.has(word);
}

/** Whether a word is one of OpenRouter's own types. */
export function isErrorType(word: unknown): boolean {
  return typeof word === 'string' && STATUS_OF_TYPE.has(word);
}

/** The `error_type` of a response that ended early, by the reason that it gives. */
export function typeOfIncompleteness(reason: unknown): string | undefined {
  return TYPE_OF_INCOMPLETENESS.get(reason);
}
