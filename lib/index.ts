/**
 * OpenRouter account, credits and spend for NestJS backends.
 *
 * @module nestjs-openrouter
 */
export {
  ActivityItem,
  ActivityQuery,
  ActivityService,
  ActivitySummary,
  ActivityTotals,
  DailyActivity,
  ModelActivity,
  ProviderActivity,
  WorkspaceActivity,
} from './activity/index.js';
export {
  ApiKey,
  ApiKeyDetails,
  ApiKeysService,
  CreateApiKeyRequest,
  CreatedApiKey,
  CurrentApiKey,
  FreeModelDailyRequests,
  KeyBudget,
  ListApiKeysQuery,
  UpdateApiKeyRequest,
} from './api-keys/index.js';
export type { FindApiKeysOptions, KeyBudgetScope } from './api-keys/index.js';
export { BalanceForecast, BalanceService, InMemoryBalanceStore } from './balance/index.js';
export type {
  BalanceForecastOptions,
  BalanceGetOptions,
  BalanceRefreshOptions,
  RecordSpendOptions,
} from './balance/index.js';
export { Budget, BudgetsService, SetBudgetRequest } from './budgets/index.js';
export type { BudgetInterval } from './budgets/index.js';
export { BalanceSnapshot, BalanceSnapshotSources } from './contracts/balance-snapshot.models.js';
export type {
  BalanceAlert,
  BalanceAlertType,
  BalanceDiagnostics,
} from './contracts/balance-snapshot.models.js';
export type {
  BalanceFlight,
  BalanceStore,
  NamedSpend,
  SharedBalance,
  SharedReading,
  SharedSpend,
} from './contracts/balance-store.js';
export type {
  CompletionCost,
  CompletionCostSource,
  CompletionOutcome,
  SpendScope,
} from './contracts/completion-cost.js';
export type { OpenRouterDelivery, OpenRouterPhase } from './contracts/delivery.js';
export type {
  OpenRouterAttachedClient,
  OpenRouterAttempt,
  OpenRouterAttemptFailure,
  OpenRouterAttemptSuccess,
  OpenRouterInstrumentation,
  OpenRouterRetry,
} from './contracts/instrumentation.js';
export type { RequestOptions, RetryOptions } from './contracts/request-options.js';
export type {
  SpendLedger,
  SpendLedgerEntry,
  SpendLedgerHold,
  SpendLedgerPageQuery,
  SpendLedgerQuery,
  SpendLedgerRange,
  SpendLedgerRow,
  SpendLedgerSum,
} from './contracts/spend-ledger.js';
export type { SpendPeriod, SpendRollingPeriod } from './contracts/spend-period.js';
export type {
  SpendAdjustment,
  SpendAdmission,
  SpendAdmitted,
  SpendBooked,
  SpendClaim,
  SpendEnded,
  SpendFigureLists,
  SpendFigures,
  SpendHold,
  SpendNoWindow,
  SpendPlace,
  SpendRefused,
  SpendReport,
  SpendRequest,
  SpendSpan,
  SpendStore,
  SpendSubject,
  SpendWindow,
} from './contracts/spend-store.js';
export {
  CoinbaseChargeResponse,
  CoinbasePrice,
  CoinbasePricing,
  CreateCoinbaseChargeRequest,
  CreditsService,
  GetCreditsResponse,
} from './credits/index.js';
export {
  classifyOpenRouterError,
  isBudgetExceeded,
  isKeyLimitReached,
  isOpenRouterException,
  isOutOfCredits,
  isSpendLimitReached,
  isTransient,
  OpenRouterAbortException,
  OpenRouterApiException,
  OpenRouterBadGatewayException,
  OpenRouterBadRequestException,
  OpenRouterConfigException,
  OpenRouterConflictException,
  OpenRouterConnectionException,
  OpenRouterEdgeNetworkTimeoutException,
  OpenRouterException,
  OpenRouterForbiddenException,
  OpenRouterGatewayTimeoutException,
  OpenRouterGoneException,
  OpenRouterInsufficientCreditsException,
  OpenRouterInternalServerException,
  OpenRouterNotFoundException,
  OpenRouterPayloadTooLargeException,
  OpenRouterPaymentRequiredException,
  OpenRouterProviderOverloadedException,
  OpenRouterRequestTimeoutException,
  OpenRouterResponseException,
  OpenRouterServiceUnavailableException,
  OpenRouterSpendLimitException,
  OpenRouterSpendStoreException,
  OpenRouterTimeoutException,
  OpenRouterTooManyRequestsException,
  OpenRouterUnauthorizedException,
  OpenRouterUnprocessableEntityException,
  OpenRouterValidationException,
} from './errors/index.js';
export type {
  OpenRouterApiExceptionInit,
  OpenRouterErrorKind,
  OpenRouterErrorVerdict,
  OpenRouterFailureInit,
  OpenRouterSpendLimitInit,
  OpenRouterStatusExceptionInit,
  OpenRouterValidationError,
} from './errors/index.js';
export { OpenRouterExceptionFilter, provideOpenRouterExceptionFilter } from './filters/index.js';
export type {
  OpenRouterExceptionFilterOptions,
  OpenRouterExceptionFormat,
  OpenRouterExceptionMapper,
  OpenRouterExceptionMapping,
  OpenRouterHttpError,
  OpenRouterRefusedProperty,
} from './filters/index.js';
export { Generation, GenerationProviderResponse, GenerationsService } from './generations/index.js';
export type { GenerationOptions } from './generations/index.js';
export { CreditsGuard, RequireCredits, SkipCreditsGuard, WithinSpendLimits } from './guard/index.js';
export type { RequireCreditsOptions, WithinSpendLimitsOptions } from './guard/index.js';
export { MeterAs, MeteringInterceptor, MeteringService } from './metering/index.js';
export type {
  ExportCostsQuery,
  ExportedCost,
  MeteringDifference,
  MeteringReconcileQuery,
  MeteringReconciliation,
  MeteringReport,
  MeteringReportQuery,
  MeteringReportRow,
  MeterOptions,
  ModelDifference,
  RecordCostRequest,
  SettledOptions,
} from './metering/index.js';
export { OpenRouterRetryLogger } from './account/retry-logger.js';
export { formatUsd } from './money/usd.js';
export { OpenRouterClient } from './openrouter.client.js';
export { OpenRouterModule } from './openrouter.module.js';
export type {
  OpenRouterFactoryOptions,
  OpenRouterModuleAsyncOptions,
  OpenRouterModuleClassOptions,
  OpenRouterModuleExistingOptions,
  OpenRouterModuleFactoryOptions,
  OpenRouterOptionsFactory,
  OpenRouterRegistration,
} from './openrouter.registration.js';
export { getOpenRouterClientToken, InjectOpenRouterClient, OPENROUTER_OPTIONS } from './openrouter.tokens.js';
export type {
  BalanceOptions,
  BalanceThresholdOptions,
  MeteringOptions,
  OpenRouterAxiosOptions,
  OpenRouterKey,
  OpenRouterKeySource,
  OpenRouterModuleOptions,
  ResolvedBalanceOptions,
  ResolvedMeteringOptions,
  ResolvedOpenRouterOptions,
  ResolvedRetryOptions,
} from './options/openrouter-options.js';
export type {
  ResolvedSpendLimitRule,
  ResolvedSpendLimitsOptions,
  SpendHoldRequest,
  SpendLimitRule,
  SpendLimitsOptions,
  SpendLimitUsd,
  SpendStoreAllowance,
  SpendStoreFailure,
} from './options/spend-limits-options.js';
export type {
  StandardSchemaFailure,
  StandardSchemaIssue,
  StandardSchemaProps,
  StandardSchemaResult,
  StandardSchemaSuccess,
  StandardSchemaTypes,
} from './options/standard-schema.js';
export { InMemorySpendStore, SpendLimitsService } from './spend-limits/index.js';
export type {
  SpendAlert,
  SpendDiagnostics,
  SpendReservation,
  SpendReserveOptions,
  SpendStoreAlert,
  SpendUsage,
} from './spend-limits/index.js';
export { SecretString } from './secret/secret-string.js';
