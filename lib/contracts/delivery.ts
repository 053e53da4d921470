/**
 * What is known about the effect of a failed request:
 * - `not-sent`: no byte of the request reached OpenRouter.
 * - `rejected`: OpenRouter received the request and refused it.
 * - `unknown`: the request may have taken effect.
 * - `applied`: OpenRouter answered with a success whose content was lost or unusable.
 */
export type OpenRouterDelivery = 'not-sent' | 'rejected' | 'unknown' | 'applied';

/**
 * The phase in which an attempt ended: waiting for a socket, resolving the host, connecting, TLS handshake, waiting for
 * the response headers, reading the body.
 */
export type OpenRouterPhase = 'queue' | 'dns' | 'connect' | 'tls' | 'headers' | 'body';
