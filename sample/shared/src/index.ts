export { type Account, type AccountOptions, openAccount } from './account.js';
export { createApp, runSample } from './application.js';
export { readSecret, readVariable } from './environment.js';
export { listen, type ListenAddress, readListenAddress } from './listen-address.js';
export { SandboxModule } from './sandbox.module.js';
export { StartError } from './start-error.js';
