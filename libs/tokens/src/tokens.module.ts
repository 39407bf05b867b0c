import type { TokensConfig } from '@app/config';
import { EventLogModule } from '@app/event-log';
import { type DynamicModule, Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { AccessTokens } from './application/access-tokens.js';
import { ChangeFollower } from './application/change-follower.js';
import { ClientDirectory } from './application/client-directory.js';
import { ClientRegistry } from './application/client-registry.js';
import { ClientSecrets } from './application/client-secrets.js';
import { KeyMint } from './application/key-mint.js';
import { KeyRing } from './application/key-ring.js';
import { RefreshTokens } from './application/refresh-tokens.js';
import { SigningKeyRotation } from './application/signing-key-rotation.js';
import { ChangeSource } from './domain/change-source.js';
import { ClientRepository } from './domain/client.js';
import { RevokedTokenRepository } from './domain/revoked-token-repository.js';
import { SigningKeyRepository } from './domain/signing-key.js';
import { DrizzleClientRepository } from './infrastructure/postgres/drizzle-client-repository.js';
import { DrizzleRevokedTokenRepository } from './infrastructure/postgres/drizzle-revoked-token-repository.js';
import { DrizzleSigningKeyRepository } from './infrastructure/postgres/drizzle-signing-key-repository.js';
import { PostgresChangeSource } from './infrastructure/postgres/postgres-change-source.js';
import { tokensConfigToken } from './tokens.config.js';

const adapters = [
  { provide: SigningKeyRepository, useClass: DrizzleSigningKeyRepository },
  { provide: ClientRepository, useClass: DrizzleClientRepository },
  { provide: RevokedTokenRepository, useClass: DrizzleRevokedTokenRepository },
];
const administration = [SigningKeyRotation, ClientRegistry];

@Module({})
export class TokensModule {
  static forRoot(config: TokensConfig): DynamicModule {
    return {
      module: TokensModule,
      imports: [JwtModule.register({}), EventLogModule],
      providers: [
        { provide: tokensConfigToken, useValue: config },
        ...adapters,
        { provide: ChangeSource, useClass: PostgresChangeSource },
        KeyMint,
        KeyRing,
        ClientSecrets,
        ClientDirectory,
        ChangeFollower,
        AccessTokens,
        RefreshTokens,
        ...administration,
      ],
      exports: [
        KeyRing,
        AccessTokens,
        RefreshTokens,
        ClientDirectory,
        RevokedTokenRepository,
        ...administration,
      ],
    };
  }

  /** For commands: changes keys and clients without following them. */
  static forAdministration(config: TokensConfig): DynamicModule {
    return {
      module: TokensModule,
      imports: [EventLogModule],
      providers: [
        { provide: tokensConfigToken, useValue: config },
        ...adapters,
        KeyMint,
        ClientSecrets,
        ...administration,
      ],
      exports: administration,
    };
  }

  /** For a process that issues and checks nothing. */
  static forJobs(): DynamicModule {
    return {
      module: TokensModule,
      providers: [{ provide: RevokedTokenRepository, useClass: DrizzleRevokedTokenRepository }],
      exports: [RevokedTokenRepository],
    };
  }
}
