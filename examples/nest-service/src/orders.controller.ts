import { Controller, Get } from '@nestjs/common';
import {
  CurrentPrincipal,
  OptionalAuth,
  Public,
  RevocationFeed,
  type RollcallPrincipal,
} from '@rollcall/nest';

@Controller()
export class OrdersController {
  constructor(private readonly feed: RevocationFeed) {}

  /** Private, because nothing says otherwise. */
  @Get('orders')
  list(@CurrentPrincipal() { userId, sessionId, vouchedBy }: RollcallPrincipal) {
    return { orders: [{ id: 1, of: userId }], seen_by: sessionId, vouched_by: vouchedBy };
  }

  @Get('prices')
  @OptionalAuth()
  prices(@CurrentPrincipal() principal: RollcallPrincipal | null) {
    return { price: principal ? 9 : 10 };
  }

  @Get('health')
  @Public()
  health() {
    return { revocations: this.feed.status };
  }
}
