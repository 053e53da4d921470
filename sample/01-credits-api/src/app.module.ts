import { Module, ValidationPipe } from '@nestjs/common';
import { APP_PIPE } from '@nestjs/core';
import { OpenRouterModule, provideOpenRouterExceptionFilter } from 'nestjs-openrouter';
import { CreditsController } from './credits.controller.js';
import { openrouterConfig } from './openrouter.config.js';

@Module({
  imports: [OpenRouterModule.forRootAsync(openrouterConfig.asProvider())],
  controllers: [CreditsController],
  providers: [
    {
      provide: APP_PIPE,
      useValue: new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, transform: true }),
    },
    // A back-office API: its users look after the OpenRouter account, so they get to see OpenRouter's own status and
    // message. On a public API that would log people out (401) and tell them about the account: use 'gateway' there.
    provideOpenRouterExceptionFilter({ mapping: 'mirror' }),
  ],
})
export class AppModule {}
