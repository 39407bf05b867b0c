import { Clock, RandomSource, ServerSecret } from '@app/kernel';
import { type DynamicModule, Global, Module } from '@nestjs/common';

export interface Runtime {
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly secret: ServerSecret;
}

/** Time, randomness and the root secret: what no other part may reach for by itself. */
@Global()
@Module({})
export class RuntimeModule {
  static forRoot({ clock, random, secret }: Runtime): DynamicModule {
    const providers = [
      { provide: Clock, useValue: clock },
      { provide: RandomSource, useValue: random },
      { provide: ServerSecret, useValue: secret },
    ];
    return { module: RuntimeModule, providers, exports: providers };
  }
}
