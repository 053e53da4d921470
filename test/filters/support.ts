import { jest } from '@jest/globals';
import { type INestApplication, Logger } from '@nestjs/common';
import * as api from '../../lib/errors/index.js';

export const KEY = `sk-or-v1-${'0123456789abcdef'.repeat(4)}`;

const LEAVES: Readonly<
  Record<number, new (init: api.OpenRouterStatusExceptionInit) => api.OpenRouterApiException>
> = {
  400: api.OpenRouterBadRequestException,
  401: api.OpenRouterUnauthorizedException,
  402: api.OpenRouterPaymentRequiredException,
  403: api.OpenRouterForbiddenException,
  404: api.OpenRouterNotFoundException,
  408: api.OpenRouterRequestTimeoutException,
  409: api.OpenRouterConflictException,
  410: api.OpenRouterGoneException,
  413: api.OpenRouterPayloadTooLargeException,
  422: api.OpenRouterUnprocessableEntityException,
  429: api.OpenRouterTooManyRequestsException,
  500: api.OpenRouterInternalServerException,
  502: api.OpenRouterBadGatewayException,
  503: api.OpenRouterServiceUnavailableException,
  504: api.OpenRouterGatewayTimeoutException,
  524: api.OpenRouterEdgeNetworkTimeoutException,
  529: api.OpenRouterProviderOverloadedException,
};

/** The exception that the pipeline makes of an answer of this status. */
export function apiException(
  status: number,
  init: Partial<api.OpenRouterStatusExceptionInit> & {
    purchaseUrl?: string;
  } = {},
): api.OpenRouterApiException {
  const full = { message: `upstream said ${status}`, operation: 'credits.getCredits', ...init };
  const Leaf = LEAVES[status];
  return Leaf === undefined ? new api.OpenRouterApiException({ ...full, status }) : new Leaf(full);
}

/** Keeps the log quiet and records what is written to it as errors. */
export function spyOnErrorLog(): jest.SpiedFunction<Logger['error']> {
  return jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
}

/** Starts on a free port and gives the URL. */
export async function listen(app: INestApplication): Promise<string> {
  await app.listen(0, '127.0.0.1');
  return app.getUrl();
}
