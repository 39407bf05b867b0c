import type { TokensConfig } from '@app/config';
import { type DynamicModule, Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { AccessTokens } from './application/access-tokens.js';
import { KeyRing } from './application/key-ring.js';
import { RefreshTokens } from './application/refresh-tokens.js';
import { RevokedTokenRepository } from './domain/revoked-token-repository.js';
import { SigningKeyRepository } from './domain/signing-key.js';
import { DrizzleRevokedTokenRepository } from './infrastructure/postgres/drizzle-revoked-token-repository.js';
import { DrizzleSigningKeyRepository } from './infrastructure/postgres/drizzle-signing-key-repository.js';
import { tokensConfigToken } from './tokens.config.js';

@Module({})
export class TokensModule {
  static forRoot(config: TokensConfig): DynamicModule {
    return {
      module: TokensModule,
      imports: [JwtModule.register({})],
      providers: [
        { provide: tokensConfigToken, useValue: config },
        { provide: SigningKeyRepository, useClass: DrizzleSigningKeyRepository },
        { provide: RevokedTokenRepository, useClass: DrizzleRevokedTokenRepository },
        KeyRing,
        AccessTokens,
        RefreshTokens,
      ],
      exports: [KeyRing, AccessTokens, RefreshTokens, RevokedTokenRepository],
    };
  }
}
