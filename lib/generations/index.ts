export type { GenerationOptions } from './generation.options.js';
export { Generation, GenerationProviderResponse } from './generation.models.js';
export { GenerationsService } from './generations.service.js';
