import { type DynamicModule, Module } from '@nestjs/common';
import { RollcallModule, type RollcallModuleOptions } from '@rollcall/nest';
import { OrdersController } from './orders.controller.js';

/** A service of its own whose users sign in with Rollcall. */
@Module({})
export class AppModule {
  static with(rollcall: RollcallModuleOptions): DynamicModule {
    return {
      module: AppModule,
      imports: [RollcallModule.forRoot(rollcall)],
      controllers: [OrdersController],
    };
  }
}
