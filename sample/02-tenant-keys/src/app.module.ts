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
    // Whoever manages tenants has no business with this server's own account at OpenRouter.
    provideOpenRouterExceptionFilter({ mapping: 'gateway' }),
  ],
})
export class AppModule {}
