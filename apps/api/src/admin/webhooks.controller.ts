import type { Principal } from '@app/auth';
import { AdminOnly, adminProblems, bodyProblems, CurrentPrincipal, Fresh, Returns } from '@app/http';
import { DeliveryHistory, WebhookAdministration } from '@app/webhooks';
import { Body, Controller, Delete, Get, Param, Post, Put, Query } from '@nestjs/common';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import { actOf, type ReasonBody, reasonBody, type ReasonQuery, reasonQuery } from './act.js';
import { presentWebhook, webhookIdOf } from './webhooks.presenter.js';
import {
  type NewWebhookBody,
  newWebhookBody,
  type RotationBody,
  rotationBody,
  secretExample,
  type WebhookBody,
  webhookBody,
  webhookDeletedView,
  webhookDetailView,
  webhookExample,
  webhookListView,
  webhookView,
  webhookWithSecretView,
} from './webhooks.schemas.js';

const ofWebhook = ApiParam({ name: 'id', description: 'Id of the webhook', example: webhookExample.id });
const changing = [...adminProblems, ...bodyProblems, 'STEP_UP_REQUIRED', 'CSRF_REJECTED'] as const;

@ApiTags('Webhooks')
@Controller('api/v1/admin/webhooks')
@AdminOnly()
export class WebhooksController {
  constructor(
    private readonly webhooks: WebhookAdministration,
    private readonly deliveries: DeliveryHistory,
  ) {}

  @Get()
  @Returns({
    summary: 'List the webhooks, in the order of their making',
    data: webhookListView,
    example: { webhooks: [webhookExample], count: 1 },
    problems: adminProblems,
  })
  async listWebhooks() {
    const webhooks = (await this.webhooks.list()).map(presentWebhook);
    return { webhooks, count: webhooks.length };
  }

  @Post()
  @Fresh()
  @Returns({
    summary: 'Tell a service of events',
    description:
      'As [Standard Webhooks](https://www.standardwebhooks.com), of everything that happens from now on. The secret is shown ' +
      'here and never again. `events` are types of events, all of a kind (`session.*`), or everything (`*`). 409 beyond twenty.',
    status: 201,
    data: webhookWithSecretView,
    example: { ...webhookExample, secret: secretExample },
    problems: [...changing, 'CONFLICT'],
  })
  async createWebhook(
    @Body({ schema: newWebhookBody }) { reason, ...settings }: NewWebhookBody,
    @CurrentPrincipal() principal: Principal,
  ) {
    const { endpoint, secret } = await this.webhooks.create(settings, actOf(principal, reason));
    return { ...presentWebhook(endpoint), secret };
  }

  @Get(':id')
  @ofWebhook
  @Returns({
    summary: 'Show a webhook, and how it stands',
    data: webhookDetailView,
    example: { ...webhookExample, unfinished: 2, dead: 0 },
    problems: [...adminProblems, 'NOT_FOUND'],
  })
  async showWebhook(@Param('id') id: string) {
    const endpoint = await this.webhooks.get(webhookIdOf(id));
    return { ...presentWebhook(endpoint), ...(await this.deliveries.counts(endpoint.id)) };
  }

  @Put(':id')
  @Fresh()
  @ofWebhook
  @Returns({
    summary: 'Change what a webhook is told, and where',
    description: 'What is not named stays. What waits to be delivered goes to the new address.',
    data: webhookView,
    example: webhookExample,
    problems: [...changing, 'NOT_FOUND'],
  })
  async changeWebhook(
    @Param('id') id: string,
    @Body({ schema: webhookBody }) { reason, ...settings }: WebhookBody,
    @CurrentPrincipal() principal: Principal,
  ) {
    return presentWebhook(await this.webhooks.update(webhookIdOf(id), settings, actOf(principal, reason)));
  }

  @Delete(':id')
  @Fresh()
  @ofWebhook
  @Returns({
    summary: 'Remove a webhook with everything that waits for it',
    data: webhookDeletedView,
    example: { id: webhookExample.id },
    problems: [...adminProblems, 'VALIDATION_FAILED', 'NOT_FOUND', 'STEP_UP_REQUIRED', 'CSRF_REJECTED'],
  })
  async deleteWebhook(
    @Param('id') id: string,
    @Query({ schema: reasonQuery }) { reason }: ReasonQuery,
    @CurrentPrincipal() principal: Principal,
  ) {
    await this.webhooks.remove(webhookIdOf(id), actOf(principal, reason));
    return { id: webhookIdOf(id) };
  }

  @Post(':id/disable')
  @Fresh()
  @ofWebhook
  @Returns({
    summary: 'Send nothing more to a webhook',
    description:
      'What waits stays. What happens meanwhile is not queued; to have it sent, enable it and replay what was missed.',
    data: webhookView,
    example: { ...webhookExample, state: 'disabled', disabled_reason: 'administrator' },
    problems: [...changing, 'NOT_FOUND'],
  })
  async disableWebhook(
    @Param('id') id: string,
    @Body({ schema: reasonBody }) { reason }: ReasonBody,
    @CurrentPrincipal() principal: Principal,
  ) {
    return presentWebhook(await this.webhooks.disable(webhookIdOf(id), actOf(principal, reason)));
  }

  @Post(':id/enable')
  @Fresh()
  @ofWebhook
  @Returns({
    summary: 'Go on sending to a webhook',
    description: 'Begins with what waits, and forgets failures.',
    data: webhookView,
    example: webhookExample,
    problems: [...changing, 'NOT_FOUND'],
  })
  async enableWebhook(
    @Param('id') id: string,
    @Body({ schema: reasonBody }) { reason }: ReasonBody,
    @CurrentPrincipal() principal: Principal,
  ) {
    return presentWebhook(await this.webhooks.enable(webhookIdOf(id), actOf(principal, reason)));
  }

  @Post(':id/rotate-secret')
  @Fresh()
  @ofWebhook
  @Returns({
    summary: 'Give a webhook another secret',
    description:
      'Shown here and never again. The secret before signs, too, for `overlap_seconds` (a day); 0 if somebody else may have it.',
    data: webhookWithSecretView,
    example: { ...webhookExample, old_secret_until: '2026-11-21T09:00:00.000Z', secret: secretExample },
    problems: [...changing, 'NOT_FOUND'],
  })
  async rotateWebhookSecret(
    @Param('id') id: string,
    @Body({ schema: rotationBody }) { overlap_seconds: overlap, reason }: RotationBody,
    @CurrentPrincipal() principal: Principal,
  ) {
    const act = actOf(principal, reason);
    const { endpoint, secret } = await this.webhooks.rotateSecret(webhookIdOf(id), overlap, act);
    return { ...presentWebhook(endpoint), secret };
  }
}
