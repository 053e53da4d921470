export {
  ApiKey,
  ApiKeyDetails,
  CreatedApiKey,
  CurrentApiKey,
  FreeModelDailyRequests,
} from './api-keys.models.js';
export { KeyBudget } from './key-budget.model.js';
export type { KeyBudgetScope } from './key-budget.model.js';
export { ApiKeysService } from './api-keys.service.js';
export type { FindApiKeysOptions } from './api-keys.service.js';
export { CreateApiKeyRequest } from './create-api-key.request.js';
export { ListApiKeysQuery } from './list-api-keys.query.js';
export { UpdateApiKeyRequest } from './update-api-key.request.js';
