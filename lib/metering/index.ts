export { MeteringService } from './metering.service.js';
export type { RecordCostRequest, SettledOptions } from './metering.options.js';
