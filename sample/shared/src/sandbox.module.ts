import { type DynamicModule, Module, type OnApplicationShutdown } from '@nestjs/common';
import { OpenRouterSandbox } from 'nestjs-openrouter/testing';

/** Stops the sandbox together with the application. A running sandbox keeps the process alive. */
@Module({})
export class SandboxModule implements OnApplicationShutdown {
  constructor(private readonly sandbox: OpenRouterSandbox) {}

  static of(sandbox: OpenRouterSandbox): DynamicModule {
    return { module: SandboxModule, providers: [{ provide: OpenRouterSandbox, useValue: sandbox }] };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.sandbox.stop();
  }
}
