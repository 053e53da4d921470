import { Global, Module } from '@nestjs/common';
import { TrafficLog } from './dashboard/traffic-log.js';

/** Apart, since the package's module needs it for its options, and everything else needs that. */
@Global()
@Module({
  providers: [{ provide: TrafficLog, useFactory: () => new TrafficLog() }],
  exports: [TrafficLog],
})
export class TrafficModule {}
