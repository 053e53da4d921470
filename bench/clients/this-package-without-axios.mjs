// This package without axios' core: each request goes straight to the package's adapter on node:http.
import { HttpService } from '@nestjs/axios';
import { open } from './this-package.mjs';

new HttpService().axiosRef.Axios.prototype.request = (config) => config.adapter(config);

export { open };
