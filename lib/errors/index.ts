export { isOpenRouterException, OpenRouterException } from './openrouter.exception.js';
export {
  OpenRouterAbortException,
  OpenRouterConfigException,
  OpenRouterConnectionException,
  OpenRouterInsufficientCreditsException,
  OpenRouterResponseException,
  OpenRouterTimeoutException,
  OpenRouterValidationException,
} from './client.exceptions.js';
export type { OpenRouterFailureInit, OpenRouterValidationError } from './client.exceptions.js';
export { OpenRouterSpendLimitException, OpenRouterSpendStoreException } from './spend.exceptions.js';
export type { OpenRouterSpendLimitInit } from './spend.exceptions.js';
export { OpenRouterApiException } from './api.exception.js';
export {
  OpenRouterBadGatewayException,
  OpenRouterBadRequestException,
  OpenRouterConflictException,
  OpenRouterEdgeNetworkTimeoutException,
  OpenRouterForbiddenException,
  OpenRouterGatewayTimeoutException,
  OpenRouterGoneException,
  OpenRouterInternalServerException,
  OpenRouterNotFoundException,
  OpenRouterPayloadTooLargeException,
  OpenRouterPaymentRequiredException,
  OpenRouterProviderOverloadedException,
  OpenRouterRequestTimeoutException,
  OpenRouterServiceUnavailableException,
  OpenRouterTooManyRequestsException,
  OpenRouterUnauthorizedException,
  OpenRouterUnprocessableEntityException,
} from './status.exceptions.js';
export type { OpenRouterApiExceptionInit, OpenRouterStatusExceptionInit } from './api.exception.js';
export {
  classifyOpenRouterError,
  isBudgetExceeded,
  isKeyLimitReached,
  isOutOfCredits,
  isSpendLimitReached,
  isTransient,
} from './error-verdict.js';
export type { OpenRouterErrorKind } from './error-kind.js';
export type { OpenRouterErrorVerdict } from './answer-verdict.js';
