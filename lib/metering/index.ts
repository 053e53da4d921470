export { MeteringService } from './metering.service.js';
export type { MeterOptions, RecordCostRequest, SettledOptions } from './metering.options.js';
export { MeterAs } from './scope/meter-as.decorator.js';
export { MeteringInterceptor } from './scope/metering.interceptor.js';
