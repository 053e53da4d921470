import { Global, Module } from '@nestjs/common';
import { TrafficLog } from './dashboard/traffic-log.js';

/** A separate module, because the options of `OpenRouterModule` need it and everything else needs `OpenRouterModule`. */
@Global()
@Module({
  providers: [{ provide: TrafficLog, useFactory: () => new TrafficLog() }],
  exports: [TrafficLog],
})
export class TrafficModule {}
