import { OpenRouterConfigException } from '../errors/client.exceptions.js';
import { HiddenParts } from '../secret/hidden-parts.js';
import type { HttpPipeline } from './http-pipeline.js';

const serviceParts = new HiddenParts<{ readonly pipeline: HttpPipeline }>();

/**
 * Gives a service its pipeline, which printing the service does not show.
 *
 * @param member - The service's name in `OpenRouterClient`, for the message.
 * @throws `OpenRouterConfigException` if Nest has made the service by itself.
 */
export function attachPipeline(service: object, pipeline: HttpPipeline | undefined, member: string): void {
  assertMadeByModule(service, pipeline, member);
  serviceParts.hide(service, { pipeline });
}

/** The pipeline that a service was given. */
export function pipelineOf(service: object): HttpPipeline {
  return serviceParts.of(service).pipeline;
}

/**
 * Refuses a service that Nest has made by itself, from a list of `providers`.
 *
 * @param part - The part of the account that the service is made with, missing in that case.
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
