import { type Principal, Reauthentication, type Replaced } from '@app/auth';
import {
  answerPropagation,
  BeforePasswordChange,
  bodyProblems,
  Client,
  type Credential,
  CurrentCredential,
  CurrentPrincipal,
  Fresh,
  NeedsSession,
  RateLimit,
  Returns,
  sessionProblems,
} from '@app/http';
import type { ClientFacts } from '@app/sessions';
import { Body, Controller, Post, Put, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { signedInExample } from './auth.examples.js';
import {
  type PasswordChangeBody,
  passwordChangeBody,
  replacedView,
  type StepUpBody,
  stepUpBody,
} from './auth.schemas.js';
import { SignedInReply, targetOf } from './signed-in-reply.js';

const example = { ...signedInExample, propagation: 'complete' as const };

@ApiTags('Authentication')
@Controller('api/v1/auth')
@NeedsSession()
export class ReauthenticationController {
  constructor(
    private readonly reauthentication: Reauthentication,
    private readonly answer: SignedInReply,
  ) {}

  @Post('step-up')
  @BeforePasswordChange()
  @RateLimit('auth')
  @Returns({
    summary: 'Prove the password again',
    description: 'The session continues, fresh, under a new id; the old one ends with reason `replaced`.',
    data: replacedView,
    example,
    problems: [...bodyProblems, ...sessionProblems, 'INVALID_CREDENTIALS', 'CSRF_REJECTED', 'OVERLOADED'],
  })
  async stepUp(
    @Body({ schema: stepUpBody }) body: StepUpBody,
    @CurrentPrincipal() principal: Principal,
    @CurrentCredential() credential: Credential,
    @Client() client: ClientFacts,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const replaced = await this.reauthentication.stepUp(principal, body.password, client);
    return this.present(reply, replaced, credential);
  }

  @Put('profile/password')
  @BeforePasswordChange()
  @RateLimit('auth')
  @Fresh()
  @Returns({
    summary: 'Choose another password',
    description:
      'Every other session ends with reason `password_change`; this one continues under a new id. Answered 202 while ' +
      'that is not proven on every instance.',
    data: replacedView,
    example,
    problems: [
      ...bodyProblems,
      ...sessionProblems,
      'INVALID_CREDENTIALS',
      'STEP_UP_REQUIRED',
      'CSRF_REJECTED',
      'OVERLOADED',
    ],
  })
  async changePassword(
    @Body({ schema: passwordChangeBody }) body: PasswordChangeBody,
    @CurrentPrincipal() principal: Principal,
    @CurrentCredential() credential: Credential,
    @Client() client: ClientFacts,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const passwords = { current: body.current_password, replacement: body.new_password };
    const replaced = await this.reauthentication.changePassword(principal, passwords, client);
    return this.present(reply, replaced, credential);
  }

  private present(reply: FastifyReply, replaced: Replaced, credential: Credential) {
    answerPropagation(reply, replaced);
    const body = this.answer.write(reply, replaced, targetOf(credential));
    return { ...body, propagation: replaced.propagation };
  }
}
