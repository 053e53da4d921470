import { Global, Module } from '@nestjs/common';
import { AlertLog } from './dashboard/alert-log.js';
import { TrafficLog } from './dashboard/traffic-log.js';
import { SpendLog } from './spending/spend-log.js';

/** A separate module, because the options of `OpenRouterModule` need it and everything else needs `OpenRouterModule`. */
@Global()
@Module({
  providers: [
    AlertLog,
    { provide: SpendLog, useFactory: () => new SpendLog() },
    { provide: TrafficLog, useFactory: () => new TrafficLog() },
  ],
  exports: [AlertLog, SpendLog, TrafficLog],
})
export class InstrumentationModule {}
