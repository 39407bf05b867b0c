import type { Principal } from '@app/auth';
import {
  AdminOnly,
  adminProblems,
  bodyProblems,
  CurrentPrincipal,
  decodePageToken,
  Fresh,
  nextPageToken,
  Returns,
} from '@app/http';
import { DeliveryHistory, DeliveryNotFoundError, WebhookReplays } from '@app/webhooks';
import { Body, Controller, Get, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { actOf, type ReasonBody, reasonBody } from './act.js';
import { presentDelivery, webhookIdOf } from './webhooks.presenter.js';
import {
  deliveryExample,
  deliveryListView,
  type DeliveryQuery,
  deliveryQuery,
  deliveryView,
  type ReplayBody,
  replayBody,
  replayView,
  webhookExample,
} from './webhooks.schemas.js';

const deliveryId = z.string().regex(/^[1-9]\d{0,15}$/);
const deliveryKey = z.tuple([deliveryId]);

const ofWebhook = ApiParam({ name: 'id', description: 'Id of the webhook', example: webhookExample.id });
const ofDelivery = ApiParam({
  name: 'delivery',
  description: 'Id of the delivery',
  example: deliveryExample.id,
});
const sending = [
  ...adminProblems,
  ...bodyProblems,
  'NOT_FOUND',
  'CONFLICT',
  'STEP_UP_REQUIRED',
  'CSRF_REJECTED',
] as const;

@ApiTags('Webhooks')
@Controller('api/v1/admin/webhooks/:id')
@AdminOnly()
export class WebhookDeliveriesController {
  constructor(
    private readonly deliveries: DeliveryHistory,
    private readonly replays: WebhookReplays,
  ) {}

  @Get('deliveries')
  @ofWebhook
  @Returns({
    summary: 'List the deliveries of a webhook, newest first',
    description:
      'Those that are over are kept for `WEBHOOK_HISTORY_DAYS`. `waiting` are behind another one of the same session.',
    data: deliveryListView,
    example: { deliveries: [deliveryExample], count: 1, next_page_token: null },
    problems: [...adminProblems, 'VALIDATION_FAILED', 'NOT_FOUND'],
  })
  async listDeliveries(
    @Param('id') id: string,
    @Query({ schema: deliveryQuery }) query: DeliveryQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const before = decodePageToken(query.page_token, deliveryKey)?.[0] ?? null;
    const filter = { endpointId: webhookIdOf(id), state: query.state ?? null, type: query.type ?? null };
    const found = await this.deliveries.list(filter, { size: query.page_size + 1, before });
    const page = found.slice(0, query.page_size);
    const last = found.length > page.length ? page.at(-1) : undefined;
    const token = nextPageToken(request, reply, last ? [last.id] : null);
    return { deliveries: page.map(presentDelivery), count: page.length, next_page_token: token };
  }

  @Get('deliveries/:delivery')
  @ofWebhook
  @ofDelivery
  @Returns({
    summary: 'Show what became of a delivery',
    data: deliveryView,
    example: deliveryExample,
    problems: [...adminProblems, 'NOT_FOUND'],
  })
  async showDelivery(@Param('id') id: string, @Param('delivery') delivery: string) {
    return presentDelivery(await this.deliveries.get(webhookIdOf(id), deliveryIdOf(delivery)));
  }

  @Post('deliveries/:delivery/replay')
  @Fresh()
  @ofWebhook
  @ofDelivery
  @Returns({
    summary: 'Send a delivery once more',
    description:
      'Under the same `webhook-id`. One that waits for its next try is tried at once. 409 while the webhook is disabled.',
    status: 202,
    data: deliveryView,
    example: deliveryExample,
    problems: sending,
  })
  async replayDelivery(
    @Param('id') id: string,
    @Param('delivery') delivery: string,
    @Body({ schema: reasonBody }) { reason }: ReasonBody,
    @CurrentPrincipal() principal: Principal,
  ) {
    const act = actOf(principal, reason);
    return presentDelivery(await this.replays.one(webhookIdOf(id), deliveryIdOf(delivery), act));
  }

  @Post('replay')
  @Fresh()
  @ofWebhook
  @Returns({
    summary: 'Send many deliveries once more',
    description:
      '`dead`: those that were given up. `missed`: also what happened since then and was never queued, as while the webhook was ' +
      'disabled. `all`: also what was delivered. If `continue_from` is a time, there is more: ask again with it as `since`.',
    status: 202,
    data: replayView,
    example: { queued: 42, continue_from: null },
    problems: sending,
  })
  async replayDeliveries(
    @Param('id') id: string,
    @Body({ schema: replayBody }) { what, since, reason }: ReplayBody,
    @CurrentPrincipal() principal: Principal,
  ) {
    const wish = what === 'dead' ? { what, since: since ?? null } : { what, since: since! };
    const { queued, continueFrom } = await this.replays.many(webhookIdOf(id), wish, actOf(principal, reason));
    return { queued, continue_from: continueFrom?.toISOString() ?? null };
  }

  @Post('ping')
  @Fresh()
  @ofWebhook
  @Returns({
    summary: 'Send a webhook a message that means nothing',
    description:
      'Of type `webhook.ping`, at once, also if it is failing; look at the delivery a moment later. 409 while it is disabled.',
    status: 202,
    data: deliveryView,
    example: { ...deliveryExample, type: 'webhook.ping', session_id: null, attempts: 0, last_try: null },
    problems: sending,
  })
  async pingWebhook(
    @Param('id') id: string,
    @Body({ schema: reasonBody }) { reason }: ReasonBody,
    @CurrentPrincipal() principal: Principal,
  ) {
    return presentDelivery(await this.replays.ping(webhookIdOf(id), actOf(principal, reason)));
  }
}

function deliveryIdOf(text: string): string {
  if (!deliveryId.safeParse(text).success) throw new DeliveryNotFoundError();
  return text;
}
