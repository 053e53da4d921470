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
    // The users of a back-office API manage the OpenRouter account, so they see OpenRouter's own status and message. In a
    // public API, use 'gateway': there a 401 would log users out, and the messages would reveal facts about the account.
    provideOpenRouterExceptionFilter({ mapping: 'mirror' }),
  ],
})
export class AppModule {}
