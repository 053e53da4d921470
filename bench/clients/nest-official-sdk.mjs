import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { OpenRouter } from '@openrouter/sdk';
import { API_KEY } from '../shared.mjs';

export async function open(serverURL) {
  class AppModule {}
  Module({
    providers: [{ provide: OpenRouter, useFactory: () => new OpenRouter({ apiKey: API_KEY, serverURL }) }],
    exports: [OpenRouter],
  })(AppModule);
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
  const sdk = app.get(OpenRouter);
  return {
    call: () => sdk.credits.getCredits(),
    totalCredits: (answer) => answer.data.totalCredits,
  };
}
