import { HttpService } from '@nestjs/axios';
import type { AxiosStatic } from 'axios';
import type { OpenRouterAxiosOptions } from '../options/openrouter-options.js';

/**
 * Opens an axios instance of an account's own. Not by `axios.create`, whose instances start from the defaults that any
 * other module may have changed; and of the copy of axios that `HttpService` is made for, where there are two.
 */
export function openAxios(own: OpenRouterAxiosOptions): HttpService {
  const { Axios } = new HttpService().axiosRef as unknown as AxiosStatic;
  const axios = new Axios({
    adapter: 'http',
    // The key must not take a way that only the environment knows of.
    proxy: false,
    maxRedirects: 0,
    responseType: 'stream',
    // Unpacked by the package, since axios takes a gzip body that is cut short for a whole one.
    decompress: false,
    validateStatus: null,
    ...own,
    // For a fetch adapter, which knows of no limit to redirects.
    ...(own.adapter !== undefined && { fetchOptions: { redirect: 'manual' } }),
  });
  return new HttpService(axios as HttpService['axiosRef']);
}
