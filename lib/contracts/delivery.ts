/**
 * What is known of a failed request's effect:
 * - `not-sent`: no byte of it reached OpenRouter.
 * - `rejected`: OpenRouter received and refused it.
 * - `unknown`: it may have taken effect.
 * - `applied`: OpenRouter answered with a success whose content was lost or unusable.
 */
export type OpenRouterDelivery = 'not-sent' | 'rejected' | 'unknown' | 'applied';

/** Where an attempt was when it ended: waiting for a socket, resolving, connecting, shaking hands, waiting for the answer, reading it. */
export type OpenRouterPhase = 'queue' | 'dns' | 'connect' | 'tls' | 'headers' | 'body';
