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

/** A client that does not read is disconnected before its backlog takes up much memory. */
const MAX_BACKLOG_BYTES = 1_000_000;

@ApiTags('dashboard')
@Controller('api')
export class DashboardController {
  constructor(
    private readonly dashboard: DashboardService,
    private readonly balance: BalanceRefresh,
  ) {}

  @Sse('events', { maxPendingDataLength: MAX_BACKLOG_BYTES })
  @ApiOperation({ summary: 'The whole dashboard, then its changes, as server-sent events' })
  @ApiProduces('text/event-stream')
  events(): Observable<MessageEvent> {
    return this.dashboard.events$;
  }

  @Post('balance/refresh')
  @HttpCode(204)
  @ApiOperation({ summary: 'Read the balance without the cache' })
  @ApiBody({ schema: NO_FIELDS })
  @ApiNoContentResponse({ description: 'Done; on a real account, perhaps some seconds ago' })
  @ApiBadGatewayResponse({ description: 'OpenRouter refuses the key; the message is from OpenRouter' })
  async refresh(@Body(NoFields) _body: unknown): Promise<void> {
    await this.balance.refresh();
  }
}
