import { Injectable } from '@nestjs/common';
import { Subject } from 'rxjs';
import type { Alert, BalanceAlert, LimitAlert } from '../../shared/dashboard.js';

const ALERTS_KEPT = 50;

/** The last alerts of every kind. */
@Injectable()
export class AlertLog {
  readonly alert$ = new Subject<Alert>();

  /** Newest first. */
  alerts: readonly Alert[] = [];

  private lastId = 0;

  add(alert: Omit<BalanceAlert, 'id'> | Omit<LimitAlert, 'id'>): void {
    this.lastId += 1;
    const numbered: Alert = { id: this.lastId, ...alert };
    this.alerts = [numbered, ...this.alerts].slice(0, ALERTS_KEPT);
    this.alert$.next(numbered);
  }
}
