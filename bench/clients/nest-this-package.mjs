import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CreditsService, OpenRouterModule } from 'nestjs-openrouter';
import { API_KEY } from '../shared.mjs';

export async function open(baseUrl) {
  class AppModule {}
  Module({ imports: [OpenRouterModule.forRoot({ managementKey: API_KEY, baseUrl })] })(AppModule);
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
  const credits = app.get(CreditsService);
  return {
    call: () => credits.getCredits(),
    totalCredits: (answer) => answer.totalCredits,
  };
}
