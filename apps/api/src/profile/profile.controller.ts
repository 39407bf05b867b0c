import { type Principal, Profiles } from '@app/auth';
import type { HttpConfig } from '@app/config';
import {
  answerPropagation,
  bodyProblems,
  CurrentPrincipal,
  Fresh,
  NeedsSession,
  Returns,
  sessionProblems,
} from '@app/http';
import { Body, Controller, Get, Inject, Put, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { publicUrlToken } from '../public-url.js';
import { presentProfile } from './profile.presenter.js';
import {
  type ProfileBody,
  profileBody,
  profileChangedView,
  profileExample,
  profileView,
} from './profile.schemas.js';

/** An address decides who gets the account back, so moving it needs a password proven lately; names do not. */
function keepsEmail({ body }: FastifyRequest, { user }: Principal): boolean {
  const { email } = (body ?? {}) as { email?: unknown };
  return email === undefined || email === user.email;
}

@ApiTags('Profile')
@Controller('api/v1/auth/profile')
@NeedsSession()
export class ProfileController {
  constructor(
    private readonly profiles: Profiles,
    @Inject(publicUrlToken) private readonly publicUrl: HttpConfig['publicUrl'],
  ) {}

  @Get()
  @Returns({
    summary: 'Show the own account',
    description:
      'Cached for 30 minutes, and never older than the last change; `X-Cache` says `hit` or `miss`. Without Redis ' +
      'every request is a miss.',
    data: profileView,
    example: profileExample,
    problems: sessionProblems,
  })
  async getProfile(@CurrentPrincipal() { user }: Principal, @Res({ passthrough: true }) reply: FastifyReply) {
    const { profile, result } = await this.profiles.get(user.id);
    void reply.header('x-cache', result);
    return presentProfile(profile, this.publicUrl);
  }

  @Put()
  @Fresh({ unless: keepsEmail })
  @Returns({
    summary: 'Change the own account',
    description:
      'What is left out stays; null removes a username or name. Another e-mail address needs a password proven lately. ' +
      'By the answer every instance shows the new values; 202 while that is not proven.',
    data: profileChangedView,
    example: { ...profileExample, propagation: 'complete' as const },
    problems: [
      ...bodyProblems,
      ...sessionProblems,
      'FORBIDDEN',
      'STEP_UP_REQUIRED',
      'CSRF_REJECTED',
      'EMAIL_TAKEN',
      'CONFLICT',
    ],
  })
  async changeProfile(
    @Body({ schema: profileBody }) { email, username, full_name: fullName }: ProfileBody,
    @CurrentPrincipal() { user }: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    // An address that this session has shown is none to move to: the guard has let it pass without freshness.
    const moved = email === user.email ? undefined : email;
    const changed = await this.profiles.change(user.id, { email: moved, username, fullName });
    answerPropagation(reply, changed);
    return { ...presentProfile(changed.profile, this.publicUrl), propagation: changed.propagation };
  }
}
