import { OpenRouterConfigException } from '../errors/client.exceptions.js';

/** The exception for something that was configured wrongly. A problem that ends as a question gets no full stop. */
export function configFault(subject: string, problem: string): OpenRouterConfigException {
  return new OpenRouterConfigException(`${subject}: ${problem}${problem.endsWith('?') ? '' : '.'}`);
}
