import { Avatars, type Principal } from '@app/auth';
import type { HttpConfig } from '@app/config';
import {
  answerImage,
  answerPropagation,
  bodyProblems,
  CurrentPrincipal,
  NeedsSession,
  readUpload,
  Returns,
  ReturnsImage,
  sessionProblems,
  TakesUpload,
} from '@app/http';
import { avatarLimits } from '@app/users';
import { Controller, Delete, Get, Inject, Post, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { publicUrlToken } from '../public-url.js';
import { presentProfile } from './profile.presenter.js';
import { profileChangedView, profileExample } from './profile.schemas.js';

const example = { ...profileExample, propagation: 'complete' as const };

@ApiTags('Profile')
@Controller('api/v1/auth/profile/avatar')
@NeedsSession()
export class AvatarController {
  constructor(
    private readonly avatars: Avatars,
    @Inject(publicUrlToken) private readonly publicUrl: HttpConfig['publicUrl'],
  ) {}

  @Post()
  @TakesUpload('avatar')
  @Returns({
    summary: 'Choose a picture',
    description:
      'A PNG, JPEG, WebP or GIF image of at most 2 MiB and 4096 pixels on each side, as the field `avatar`. Of a moving ' +
      'one the first frame counts. It is cut to a square, made a WebP of 256 by 256 pixels, and loses all metadata.',
    data: profileChangedView,
    example,
    problems: [...bodyProblems, ...sessionProblems, 'FORBIDDEN', 'CSRF_REJECTED', 'OVERLOADED'],
  })
  async setAvatar(
    @Req() request: FastifyRequest,
    @CurrentPrincipal() { user }: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const changed = await this.avatars.set(user.id, () =>
      readUpload(request, { field: 'avatar', maxBytes: avatarLimits.bytes }),
    );
    answerPropagation(reply, changed);
    return { ...presentProfile(changed.profile, this.publicUrl), propagation: changed.propagation };
  }

  @Get()
  @ReturnsImage({
    summary: 'Get the own picture',
    description: '`avatar_url` of the profile serves the same without a session, and may be kept for ever.',
    problems: [...sessionProblems, 'NOT_FOUND'],
  })
  async getAvatar(
    @CurrentPrincipal() { user }: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const avatar = await this.avatars.get({ userId: user.id });
    return answerImage(request, reply, { ...avatar, cacheControl: 'private, no-cache' });
  }

  @Delete()
  @Returns({
    summary: 'Remove the picture',
    description: 'May be repeated.',
    data: profileChangedView,
    example: { ...example, avatar_url: null },
    problems: [...sessionProblems, 'FORBIDDEN', 'CSRF_REJECTED'],
  })
  async removeAvatar(
    @CurrentPrincipal() { user }: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const changed = await this.avatars.remove(user.id);
    answerPropagation(reply, changed);
    return { ...presentProfile(changed.profile, this.publicUrl), propagation: changed.propagation };
  }
}
