import { Module } from '@nestjs/common';
import { ConfigModule, type ConfigType } from '@nestjs/config';
import { ApiKeysService } from 'nestjs-openrouter';
import { KeySettler } from './key-settler.js';
import { SecretCipher } from './secret-cipher.js';
import { TenantKeys } from './tenant-keys.js';
import { TenantLock } from './tenant-lock.js';
import { TenantStore } from './tenant-store.js';
import { tenantsConfig } from './tenants.config.js';
import { TenantsController } from './tenants.controller.js';
import { TenantsService } from './tenants.service.js';

type Options = ConfigType<typeof tenantsConfig>;

@Module({
  imports: [ConfigModule.forFeature(tenantsConfig)],
  controllers: [TenantsController],
  providers: [
    {
      provide: TenantStore,
      inject: [tenantsConfig.KEY],
      useFactory: ({ database }: Options) => new TenantStore(database),
    },
    {
      provide: SecretCipher,
      inject: [tenantsConfig.KEY],
      useFactory: ({ secret }: Options) => new SecretCipher(secret),
    },
    {
      provide: TenantKeys,
      inject: [ApiKeysService, TenantStore, SecretCipher, tenantsConfig.KEY],
      useFactory: (apiKeys: ApiKeysService, store: TenantStore, cipher: SecretCipher, options: Options) =>
        new TenantKeys(apiKeys, store, cipher, options),
    },
    TenantLock,
    TenantsService,
    KeySettler,
  ],
})
export class TenantsModule {}
