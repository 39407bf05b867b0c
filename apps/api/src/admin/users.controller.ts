import { AccountCreation, AccountDirectory, type Principal } from '@app/auth';
import {
  adminProblems,
  AdminOnly,
  bodyProblems,
  CurrentPrincipal,
  decodePageToken,
  Fresh,
  nextPageToken,
  Returns,
} from '@app/http';
import type { UserId } from '@app/kernel';
import { Body, Controller, Get, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { actOf, userIdOf } from './act.js';
import { presentAccount } from './users.presenter.js';
import {
  accountDetailView,
  accountExample,
  accountListView,
  newAccountView,
  type NewUserBody,
  newUserBody,
  type UserQuery,
  userQuery,
} from './users.schemas.js';

const userKey = z.tuple([z.uuid()]);

@ApiTags('Administration')
@Controller('api/v1/admin/users')
@AdminOnly()
export class AdminUsersController {
  constructor(
    private readonly accounts: AccountDirectory,
    private readonly creation: AccountCreation,
  ) {}

  @Get()
  @Returns({
    summary: 'Search users, newest first',
    description:
      '`q` is a whole id, or how e-mail address, username or full name begin. `locked` are those for whom attempts to ' +
      'sign in have to wait after failures, at least from somewhere.',
    data: accountListView,
    example: { users: [accountExample], count: 1, next_page_token: null },
    problems: [...adminProblems, 'VALIDATION_FAILED'],
  })
  async searchUsers(
    @Query({ schema: userQuery }) query: UserQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const after = (decodePageToken(query.page_token, userKey)?.[0] ?? null) as UserId | null;
    const { q: text = null, role = null, state = null, page_size: size } = query;
    const found = await this.accounts.search({ text, role, state }, { size: size + 1, after });
    const users = found.slice(0, size);
    const last = found.length > users.length ? users.at(-1) : undefined;
    const token = nextPageToken(request, reply, last ? [last.user.id] : null);
    return { users: users.map(presentAccount), count: users.length, next_page_token: token };
  }

  @Get(':id')
  @ApiParam({ name: 'id', description: 'Id of the user', example: accountExample.id })
  @Returns({
    summary: 'Show a user',
    data: accountDetailView,
    example: { ...accountExample, live_sessions: 2 },
    problems: [...adminProblems, 'NOT_FOUND'],
  })
  async showUser(@Param('id') id: string) {
    const account = await this.accounts.get(userIdOf(id));
    return { ...presentAccount(account), live_sessions: account.liveSessions };
  }

  @Post()
  @Fresh()
  @Returns({
    summary: 'Create a user',
    description:
      'Whoever signs in has to choose another password first. Without a password one is made and shown here, once.',
    status: 201,
    data: newAccountView,
    example: { ...accountExample, last_login_at: null, generated_password: null },
    problems: [
      ...bodyProblems,
      ...adminProblems,
      'STEP_UP_REQUIRED',
      'CSRF_REJECTED',
      'EMAIL_TAKEN',
      'CONFLICT',
      'OVERLOADED',
    ],
  })
  async createUser(
    @Body({ schema: newUserBody }) body: NewUserBody,
    @CurrentPrincipal() principal: Principal,
  ) {
    const { email, role, password = null, username = null, full_name: fullName = null } = body;
    const account = { email, role, password, username, fullName };
    const created = await this.creation.createFor(account, actOf(principal, body.reason));
    const view = presentAccount({ user: created.user, lockedUntil: null });
    return { ...view, generated_password: created.generatedPassword };
  }
}
