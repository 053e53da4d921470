import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { PlanName } from '../../shared/chat.js';
import { Database } from 'sample-shared/database';

/** The plans of the tenants, in the application's own database. */
@Injectable()
export class Tenants implements OnModuleInit {
  constructor(@Inject(Database) private readonly database: Database) {}

  async onModuleInit(): Promise<void> {
    // One statement, so that replicas may start at the same time.
    await this.database.query(
      `DO $$ BEGIN
         PERFORM pg_advisory_xact_lock(hashtext('chat_tenant'));
         CREATE TABLE IF NOT EXISTS chat_tenant (id text PRIMARY KEY, plan text NOT NULL);
         INSERT INTO chat_tenant VALUES ('acme', 'team'), ('zoe', 'free') ON CONFLICT DO NOTHING;
       END $$`,
    );
  }

  async planOf(tenant: string): Promise<PlanName> {
    const { rows } = await this.database.query('SELECT plan FROM chat_tenant WHERE id = $1', [tenant]);
    return rows[0]?.['plan'] === 'team' ? 'team' : 'free';
  }

  async choosePlan(tenant: string, plan: PlanName): Promise<void> {
    await this.database.query('UPDATE chat_tenant SET plan = $2 WHERE id = $1', [tenant, plan]);
  }
}
