import { OpenRouterValidationException } from './client.exceptions.js';
import { brandException } from './exception-brand.js';

/**
 * A scope is wrong. Users see an `OpenRouterValidationException`; the class of its own is for the filter: the application
 * sets scopes, so its client is not to blame.
 */
export class BadScopeException extends OpenRouterValidationException {
  static {
    brandException(this, 'BadScopeException', 'OpenRouterValidationException');
  }
}
