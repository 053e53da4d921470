import { OpenRouterConfigException } from '../errors/client.exceptions.js';
import type { HttpPipeline } from './http-pipeline.js';

/**
 * Gives a service its pipeline as a hidden property: printing a service does not show the machinery below.
 *
 * @param member - The service's name in `OpenRouterClient`, for the message.
 * @throws `OpenRouterConfigException` where Nest has made the service by itself.
 */
export function attachPipeline(
  service: object,
  pipeline: HttpPipeline | undefined,
  member: string,
): asserts pipeline is HttpPipeline {
  assertMadeByModule(service, pipeline, member);
  Object.defineProperty(service, 'pipeline', { value: pipeline });
}

/**
 * Refuses a service that Nest has made by itself, without the part of the account that it is made of.
 *
 * @param member - The service's name in `OpenRouterClient`, for the message.
 * @throws `OpenRouterConfigException`
 */
export function assertMadeByModule<T>(
  service: object,
  part: T | undefined,
  member: string,
): asserts part is T {
  if (part === undefined) {
    const { name } = service.constructor;
    throw new OpenRouterConfigException(
      `${name} is made by OpenRouterModule: import the module (or export it from one that is imported) ` +
        `instead of listing ${name} in \`providers\`; without Nest, use \`new OpenRouterClient(key).${member}\`.`,
    );
  }
}
