import type { HttpService } from '@nestjs/axios';
import type { AccountSettings } from '../options/resolve-options.js';
import { ownMembers } from '../options/pollution.js';
import { Attempt } from './attempt.js';
import { type HttpAgents, openAgents } from './http-agents.js';
import { tellIgnoredProxy } from './ignored-proxy.js';
import { openAxios } from './open-axios.js';

/** The ways to connect. */
export type Connection = Exclude<keyof HttpAgents, 'destroy'>;

/** How an account's requests go over the wire. */
export class Transport {
  readonly #options: AccountSettings['options'];
  readonly #axios: AccountSettings['axios'];
  readonly #agents = openAgents();
  readonly #http: Readonly<Record<Connection, HttpService>>;

  constructor({ axios, options }: Pick<AccountSettings, 'axios' | 'options'>) {
    this.#options = options;
    this.#axios = ownMembers(axios);
    this.#http = {
      kept: openAxios({ ...this.#agents.kept, ...axios }),
      apart: openAxios({ ...this.#agents.apart, ...axios }),
      single: openAxios({ ...this.#agents.single, ...axios }),
    };
  }

  /** An attempt that has not been sent yet. */
  openAttempt(connection: Connection): Attempt {
    const hasAdapter = this.#axios.adapter !== undefined;
    return new Attempt(this.#http[connection].axiosRef, hasAdapter, this.#options.maxResponseBytes);
  }

  /** A sentence about a proxy that the environment names and no request uses; `undefined` without one. */
  ignoredProxy(): string | undefined {
    return tellIgnoredProxy(this.#options.baseUrl, this.#axios, process.env);
  }

  /** Ends every socket. */
  destroy(): void {
    this.#agents.destroy();
  }
}
