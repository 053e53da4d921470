import { Controller, Get } from '@nestjs/common';
import { HealthCheck, type HealthCheckResult, HealthCheckService } from '@nestjs/terminus';
import { OpenRouterHealthIndicator } from 'nestjs-openrouter/health';

@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly openRouter: OpenRouterHealthIndicator,
  ) {}

  /** The details contain figures of the account: keep this route inside your network. */
  @Get()
  @HealthCheck()
  check(): Promise<HealthCheckResult> {
    return this.health.check([() => this.openRouter.isHealthy('openrouter', { minimumSpendable: 0.5 })]);
  }
}
