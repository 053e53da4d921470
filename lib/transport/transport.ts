import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { HttpService } from '@nestjs/axios';
import type { AxiosAdapter, AxiosRequestConfig, AxiosStatic } from 'axios';
import { adaptersIn } from '../options/axios-options.schema.js';
import type { OpenRouterAxiosOptions } from '../options/openrouter-options.js';
import { ownMembers, withoutPollution } from '../options/pollution.js';
import type { AccountSettings } from '../options/resolve-options.js';
import { AdapterAttempt } from './adapter-attempt.js';
import { openAgents } from './agents.js';
import type { Attempt } from './attempt.js';
import type { Connection } from './connection.js';
import { tellIgnoredProxy } from './ignored-proxy.js';
import { NodeAttempt } from './node-attempt.js';
import { Route } from './route.js';

/** Opens an attempt for a kind of connection, and ends every socket. */
interface Sockets {
  openAttempt(connection: Connection): Attempt;
  destroy(): void;
}

/** Sends an account's requests through one axios instance, with an adapter of the package or of the user. */
export class Transport {
  readonly #baseUrl: string;
  readonly #axios: OpenRouterAxiosOptions;
  readonly #sockets: Sockets;

  constructor({ axios, options }: Pick<AccountSettings, 'axios' | 'options'>) {
    const { baseUrl, maxResponseBytes } = options;
    this.#baseUrl = baseUrl;
    this.#axios = ownMembers(axios);
    const adapters = adaptersIn(this.#axios.adapter) as (AxiosAdapter | 'http' | 'fetch')[];
    this.#sockets = withoutPollution(() =>
      // Axios takes the first that works here, as 'http' always does.
      adapters.length === 0 || adapters[0] === 'http'
        ? openNodeSockets(baseUrl, axios, maxResponseBytes)
        : openAdapterSockets({ ...this.#axios, adapter: adapters }, maxResponseBytes),
    );
  }

  /** An attempt that has not been sent yet. */
  openAttempt(connection: Connection): Attempt {
    return this.#sockets.openAttempt(connection);
  }

  /** A sentence about a proxy that the environment names and no request uses; `undefined` without one. */
  ignoredProxy(): string | undefined {
    return tellIgnoredProxy(this.#baseUrl, this.#axios, process.env);
  }

  /** Ends every socket. */
  destroy(): void {
    this.#sockets.destroy();
  }
}

function openNodeSockets(baseUrl: string, own: OpenRouterAxiosOptions, maxBytes: number): Sockets {
  // Each request brings its adapter, and the other settings of axios only concern its own adapters.
  const axios = openAxios({});
  const route = new Route(baseUrl, own);
  return {
    openAttempt: (connection) => new NodeAttempt(axios, route, connection, maxBytes),
    destroy: () => route.destroy(),
  };
}

function openAdapterSockets(own: OpenRouterAxiosOptions, maxBytes: number): Sockets {
  const axios = openAxios({
    // The key must not take a route that only the environment names.
    proxy: false,
    maxRedirects: 0,
    responseType: 'stream',
    // The package unpacks bodies itself, since axios accepts a truncated gzip body as complete.
    decompress: false,
    validateStatus: null,
    ...own,
    // The fetch adapter ignores `maxRedirects`.
    fetchOptions: { redirect: 'manual' },
  });
  const plain = openAgents((options) => new HttpAgent(options));
  const secure = openAgents((options) => new HttpsAgent(options));
  return {
    openAttempt: (connection) => {
      const kind = connection === 'pooled' ? 'pooled' : 'separate';
      const agents = { httpAgent: plain[kind], httpsAgent: secure[kind], ...agentsOf(own) };
      return new AdapterAttempt(axios, agents, maxBytes);
    },
    destroy: () => {
      for (const agent of [plain.pooled, plain.separate, secure.pooled, secure.separate]) {
        agent.destroy();
      }
    },
  };
}

function agentsOf({ httpAgent, httpsAgent }: OpenRouterAxiosOptions): OpenRouterAxiosOptions {
  return {
    ...(httpAgent !== undefined && { httpAgent: httpAgent as unknown }),
    ...(httpsAgent !== undefined && { httpsAgent: httpsAgent as unknown }),
  };
}

/**
 * Opens an axios instance for one account. It does not use `axios.create`, which starts from defaults that any other
 * module may have changed. If there are two copies of axios, the instance is of the copy that `HttpService` uses.
 */
function openAxios(defaults: AxiosRequestConfig): HttpService['axiosRef'] {
  const { Axios } = new HttpService().axiosRef as unknown as AxiosStatic;
  return new HttpService(new Axios(defaults) as HttpService['axiosRef']).axiosRef;
}
