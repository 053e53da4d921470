import type { DynamicModule, INestApplication, LoggerService, LogLevel, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { OpenRouterConfigException } from 'nestjs-openrouter';
import type { OpenRouterSandbox } from 'nestjs-openrouter/testing';
import { SandboxModule } from './sandbox.module.js';
import { StartError } from './start-error.js';

export interface AppOptions {
  /** Stops together with the application. */
  readonly sandbox?: OpenRouterSandbox | undefined;
  /** Nest's option. Default: everything is logged. */
  readonly logger?: LoggerService | LogLevel[];
}

/** Creates a Nest application that starts with one readable message and ends cleanly on Ctrl-C. */
export async function createApp(
  module: Type | DynamicModule,
  { sandbox, logger }: AppOptions = {},
): Promise<INestApplication> {
  const root =
    sandbox === undefined ? module : { module: Sample, imports: [SandboxModule.of(sandbox), module] };
  const app = await NestFactory.create(root, {
    // A failed start ends in the one line of `runSample`. The log would bury it, so `listen` prints the log later.
    abortOnError: false,
    bufferLogs: true,
    autoFlushLogs: false,
    // Browsers keep connections open, and each of them would delay the shutdown.
    forceCloseConnections: true,
    ...(logger !== undefined && { logger }),
  });
  // Exits with code 0 after SIGINT and SIGTERM. Otherwise Nest sends itself the signal again.
  app.enableShutdownHooks(['SIGINT', 'SIGTERM'], { useProcessExit: true });
  // Ctrl-C arrives twice: from the terminal, and from npm, which forwards it. Nest handles the first one only, and the
  // second would kill the process while it shuts down.
  process.on('SIGINT', () => undefined);
  return app;
}

class Sample {}

/** Runs a sample's start. A start that fails with a known reason prints one line instead of a stack. */
export function runSample(start: () => Promise<void>): void {
  start().catch((error: unknown) => {
    const isExplained = error instanceof StartError || error instanceof OpenRouterConfigException;
    console.error(isExplained ? `Cannot start. ${error.message}` : error);
    process.exit(1);
  });
}
