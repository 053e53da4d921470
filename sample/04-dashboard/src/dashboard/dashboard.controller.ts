import { Body, Controller, HttpCode, type MessageEvent, Post, Sse } from '@nestjs/common';
import {
  ApiBadGatewayResponse,
  ApiBody,
  ApiNoContentResponse,
  ApiOperation,
  ApiProduces,
  ApiTags,
} from '@nestjs/swagger';
import type { Observable } from 'rxjs';
import { NO_FIELDS, NoFields } from '../no-fields.js';
import { BalanceRefresh } from './balance-refresh.js';
import { DashboardService } from './dashboard.service.js';

/** A browser that does not read is dropped long before it takes up memory worth mentioning. */
const LONGEST_BACKLOG = 1_000_000;

@ApiTags('dashboard')
@Controller('api')
export class DashboardController {
  constructor(
    private readonly dashboard: DashboardService,
    private readonly balance: BalanceRefresh,
  ) {}

  @Sse('events', { maxPendingDataLength: LONGEST_BACKLOG })
  @ApiOperation({ summary: 'All there is to show, and then its changes, as server-sent events' })
  @ApiProduces('text/event-stream')
  events(): Observable<MessageEvent> {
    return this.dashboard.events$;
  }

  @Post('balance/refresh')
  @HttpCode(204)
  @ApiOperation({ summary: 'Read the balance past the cache' })
  @ApiBody({ schema: NO_FIELDS })
  @ApiNoContentResponse({ description: 'Read; of a real account perhaps some seconds ago' })
  @ApiBadGatewayResponse({ description: 'OpenRouter refuses the key; the message is its own' })
  async refresh(@Body(NoFields) _body: unknown): Promise<void> {
    await this.balance.refresh();
  }
}
