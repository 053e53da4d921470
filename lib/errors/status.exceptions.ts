import { fixStatus, OpenRouterStatusException, type OpenRouterStatusExceptionInit } from './api.exception.js';

/** 400: OpenRouter refused the parameters. */
export class OpenRouterBadRequestException extends OpenRouterStatusException {
  static {
    fixStatus(this, 'OpenRouterBadRequestException', 400, 'OPENROUTER_BAD_REQUEST');
  }
}

/** 401: the key is missing, wrong, disabled or expired. */
export class OpenRouterUnauthorizedException extends OpenRouterStatusException {
  static {
    fixStatus(this, 'OpenRouterUnauthorizedException', 401, 'OPENROUTER_UNAUTHORIZED');
  }
}

/** 402: the account or the key lacks credits, or running requests hold them; `limitSource` says which. */
export class OpenRouterPaymentRequiredException extends OpenRouterStatusException {
  static {
    fixStatus(this, 'OpenRouterPaymentRequiredException', 402, 'OPENROUTER_PAYMENT_REQUIRED');
  }
}

/**
 * 403: the wrong kind of key, a spent key limit or budget (`limitSource` names it), or refused content. It does not
 * mean that the key is bad.
 */
export class OpenRouterForbiddenException extends OpenRouterStatusException {
  static {
    fixStatus(this, 'OpenRouterForbiddenException', 403, 'OPENROUTER_FORBIDDEN');
  }
}

/** 404: there is no such resource. */
export class OpenRouterNotFoundException extends OpenRouterStatusException {
  static {
    fixStatus(this, 'OpenRouterNotFoundException', 404, 'OPENROUTER_NOT_FOUND');
  }
}

/** 408: OpenRouter gave up waiting for the operation. */
export class OpenRouterRequestTimeoutException extends OpenRouterStatusException {
  static {
    fixStatus(this, 'OpenRouterRequestTimeoutException', 408, 'OPENROUTER_REQUEST_TIMEOUT');
  }
}

/** 409: the request conflicts with another one. */
export class OpenRouterConflictException extends OpenRouterStatusException {
  static {
    fixStatus(this, 'OpenRouterConflictException', 409, 'OPENROUTER_CONFLICT');
  }
}

/** 410: OpenRouter has removed the operation; trying again never helps. */
export class OpenRouterGoneException extends OpenRouterStatusException {
  static {
    fixStatus(this, 'OpenRouterGoneException', 410, 'OPENROUTER_GONE');
  }

  /** The page on which credits can be bought instead; only for the removed Coinbase operation. */
  declare readonly purchaseUrl?: string;

  /** @param init - What the answer said, and for a removed purchase operation the page that replaces it. */
  constructor(init: OpenRouterStatusExceptionInit & { purchaseUrl?: string | undefined }) {
    super(init);
    if (init.purchaseUrl !== undefined) this.purchaseUrl = init.purchaseUrl;
  }
}

/** 413: the request is too large. */
export class OpenRouterPayloadTooLargeException extends OpenRouterStatusException {
  static {
    fixStatus(this, 'OpenRouterPayloadTooLargeException', 413, 'OPENROUTER_PAYLOAD_TOO_LARGE');
  }
}

/** 422: OpenRouter understood the request and cannot process it. */
export class OpenRouterUnprocessableEntityException extends OpenRouterStatusException {
  static {
    fixStatus(this, 'OpenRouterUnprocessableEntityException', 422, 'OPENROUTER_UNPROCESSABLE_ENTITY');
  }
}

/** 429: too many requests; `retryAfterMs` says when to come back, if OpenRouter did. */
export class OpenRouterTooManyRequestsException extends OpenRouterStatusException {
  static {
    fixStatus(this, 'OpenRouterTooManyRequestsException', 429, 'OPENROUTER_TOO_MANY_REQUESTS');
  }
}

/** 500: an error inside OpenRouter. */
export class OpenRouterInternalServerException extends OpenRouterStatusException {
  static {
    fixStatus(this, 'OpenRouterInternalServerException', 500, 'OPENROUTER_INTERNAL_SERVER');
  }
}

/** 502: an upstream of OpenRouter failed. */
export class OpenRouterBadGatewayException extends OpenRouterStatusException {
  static {
    fixStatus(this, 'OpenRouterBadGatewayException', 502, 'OPENROUTER_BAD_GATEWAY');
  }
}

/** 503: OpenRouter is unavailable at the moment. */
export class OpenRouterServiceUnavailableException extends OpenRouterStatusException {
  static {
    fixStatus(this, 'OpenRouterServiceUnavailableException', 503, 'OPENROUTER_SERVICE_UNAVAILABLE');
  }
}

/** 504: an upstream of OpenRouter took too long. */
export class OpenRouterGatewayTimeoutException extends OpenRouterStatusException {
  static {
    fixStatus(this, 'OpenRouterGatewayTimeoutException', 504, 'OPENROUTER_GATEWAY_TIMEOUT');
  }
}

/** 524: the network edge in front of OpenRouter gave up waiting. */
export class OpenRouterEdgeNetworkTimeoutException extends OpenRouterStatusException {
  static {
    fixStatus(this, 'OpenRouterEdgeNetworkTimeoutException', 524, 'OPENROUTER_EDGE_NETWORK_TIMEOUT');
  }
}

/** 529: the provider is overloaded. */
export class OpenRouterProviderOverloadedException extends OpenRouterStatusException {
  static {
    fixStatus(this, 'OpenRouterProviderOverloadedException', 529, 'OPENROUTER_PROVIDER_OVERLOADED');
  }
}
