export type {
  ExportedCost,
  MeteringDifference,
  MeteringReconciliation,
  MeteringReport,
  MeteringReportRow,
  ModelDifference,
} from './ledger/ledger.models.js';
export type {
  ExportCostsQuery,
  MeteringReconcileQuery,
  MeteringReportQuery,
} from './ledger/ledger.options.js';
export { MeteringService } from './metering.service.js';
export type { MeterOptions, RecordCostRequest, SettledOptions } from './metering.options.js';
export { MeterAs } from './scope/meter-as.decorator.js';
export { MeteringInterceptor } from './scope/metering.interceptor.js';
