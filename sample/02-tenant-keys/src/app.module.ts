import { Module, ValidationPipe } from '@nestjs/common';
import { APP_PIPE } from '@nestjs/core';
import { OpenRouterModule, provideOpenRouterExceptionFilter } from 'nestjs-openrouter';
import { openrouterConfig } from './openrouter.config.js';
import { TenantsModule } from './tenants/tenants.module.js';

@Module({
  imports: [
    OpenRouterModule.forRootAsync({ ...openrouterConfig.asProvider(), isGlobal: true }),
    TenantsModule,
  ],
  providers: [
    {
      provide: APP_PIPE,
      useValue: new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, transform: true }),
    },
    // Users who manage tenants learn nothing about this server's own OpenRouter account.
    provideOpenRouterExceptionFilter({ mapping: 'gateway' }),
  ],
})
export class AppModule {}
