import { Body, Controller, Get, HttpCode, Put } from '@nestjs/common';
import { IsIn } from 'class-validator';
import { MeteringService, SpendLimitsService, type SpendUsage } from 'nestjs-openrouter';
import type { Limit, Person, PlanName, Usage } from '../../shared/chat.js';
import { PEOPLE } from '../tenants/people.js';
import { Public, scopeOf, SignedIn } from '../tenants/sign-in.js';
import { Tenants } from '../tenants/tenants.js';

class PlanRequest {
  @IsIn(['free', 'team'])
  readonly plan!: PlanName;
}

@Controller('api')
export class UsageController {
  constructor(
    private readonly spendLimits: SpendLimitsService,
    private readonly metering: MeteringService,
    private readonly tenants: Tenants,
  ) {}

  @Get('people')
  @Public()
  people(): readonly Person[] {
    return PEOPLE;
  }

  /** What is left to the person who asks, and what their tenant has spent. */
  @Get('usage')
  async usage(@SignedIn() person: Person): Promise<Usage> {
    const [plan, usage, month] = await Promise.all([
      this.tenants.planOf(person.tenant),
      this.spendLimits.usage(scopeOf(person)),
      this.monthOf(person.tenant),
    ]);
    return { plan, limits: usage.flatMap(limitOf), month };
  }

  /** Takes the place of a check-out. */
  @Put('plan')
  @HttpCode(204)
  async choosePlan(@SignedIn() { tenant }: Person, @Body() { plan }: PlanRequest): Promise<void> {
    await this.tenants.choosePlan(tenant, plan);
    // Limits are asked for once a minute. This replica knows the new ones at once.
    this.spendLimits.refreshLimits({ tenant });
  }

  private async monthOf(tenant: string): Promise<Usage['month']> {
    const now = new Date();
    const from = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth()));
    const to = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1));
    const { rows, totalUsd } = await this.metering.report({ from, to, groupBy: 'user', scope: { tenant } });
    return {
      people: rows.map(({ key, completions, usd }) => ({
        person: key['user'] ?? 'nobody',
        answers: completions,
        usd,
      })),
      usd: totalUsd,
    };
  }
}

function limitOf({ rule, limitUsd, spentUsd, heldUsd, unsettledUsd, ...usage }: SpendUsage): Limit[] {
  const { remainingUsd, resetsAt } = usage;
  // The plan has no such limit.
  if (limitUsd === null || remainingUsd === null) return [];
  const reset = resetsAt?.toISOString() ?? null;
  return [{ name: rule, limitUsd, spentUsd, heldUsd: heldUsd + unsettledUsd, remainingUsd, resetsAt: reset }];
}
