export { CreateCoinbaseChargeRequest } from './create-coinbase-charge.request.js';
export {
  CoinbaseChargeResponse,
  CoinbasePrice,
  CoinbasePricing,
  GetCreditsResponse,
} from './credits.models.js';
export { CreditsService } from './credits.service.js';
