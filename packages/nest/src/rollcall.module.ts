import {
  type DynamicModule,
  type FactoryProvider,
  Module,
  type ModuleMetadata,
  type Provider,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { Authority } from './authority.js';
import { IntrospectingCheck, Introspection } from './introspection.js';
import { OfflineCheck } from './offline/offline-check.js';
import { RevocationFeed } from './offline/revocation-feed.js';
import { PublishedKeys } from './published-keys.js';
import { RollcallGuard } from './rollcall.guard.js';
import { type RollcallOptions, type Settings, settingsOf } from './rollcall.options.js';
import { TokenCheck } from './token-check.js';
import { TokenVerifier } from './token-verifier.js';

interface Placement {
  /**
   * `every-route` (unless told): all are private but those marked @Public() or @OptionalAuth(). `by-hand`: only where
   * @UseGuards(RollcallGuard) stands.
   */
  readonly guards?: 'every-route' | 'by-hand';
}

export type RollcallModuleOptions = RollcallOptions & Placement;

export interface RollcallAsyncOptions extends Placement {
  readonly imports?: ModuleMetadata['imports'];
  readonly inject?: FactoryProvider['inject'];
  readonly useFactory: (...injected: never[]) => RollcallOptions | Promise<RollcallOptions>;
}

const settingsToken = Symbol('RollcallSettings');

/** Checks who asks, for a service whose users sign in with Rollcall. Once, in the root module. */
@Module({})
export class RollcallModule {
  static forRoot({ guards, ...options }: RollcallModuleOptions): DynamicModule {
    return assembled({ provide: settingsToken, useFactory: () => settingsOf(options) }, { guards });
  }

  static forRootAsync({ guards, imports, inject, useFactory }: RollcallAsyncOptions): DynamicModule {
    const build = async (...injected: never[]): Promise<Settings> =>
      settingsOf(await useFactory(...injected));
    const settings = { provide: settingsToken, useFactory: build, inject: inject ?? [] };
    return { ...assembled(settings, { guards }), imports: imports ?? [] };
  }
}

const parts: Provider[] = [
  { provide: Authority, useFactory: (of: Settings) => new Authority(of), inject: [settingsToken] },
  {
    provide: PublishedKeys,
    useFactory: (authority: Authority, of: Settings) => new PublishedKeys(authority, of),
    inject: [Authority, settingsToken],
  },
  {
    provide: TokenVerifier,
    useFactory: (keys: PublishedKeys, of: Settings) => new TokenVerifier(keys, of),
    inject: [PublishedKeys, settingsToken],
  },
  {
    provide: Introspection,
    useFactory: (authority: Authority, of: Settings) => new Introspection(authority, of),
    inject: [Authority, settingsToken],
  },
  {
    provide: RevocationFeed,
    useFactory: (authority: Authority, keys: PublishedKeys, of: Settings) =>
      new RevocationFeed(authority, keys, of),
    inject: [Authority, PublishedKeys, settingsToken],
  },
  {
    provide: TokenCheck,
    useFactory: (verifier: TokenVerifier, feed: RevocationFeed, asking: Introspection, of: Settings) =>
      of.mode === 'offline'
        ? new OfflineCheck(verifier, feed, asking, of)
        : new IntrospectingCheck(verifier, asking),
    inject: [TokenVerifier, RevocationFeed, Introspection, settingsToken],
  },
  RollcallGuard,
];

function assembled(settings: FactoryProvider, { guards = 'every-route' }: Placement): DynamicModule {
  const everywhere = guards === 'every-route' ? [{ provide: APP_GUARD, useExisting: RollcallGuard }] : [];
  return {
    module: RollcallModule,
    global: true,
    providers: [settings, ...parts, ...everywhere],
    exports: [RollcallGuard, RevocationFeed, TokenCheck],
  };
}
