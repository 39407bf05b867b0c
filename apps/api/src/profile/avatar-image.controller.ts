import { Avatars } from '@app/auth';
import { answerImage, Public, ReturnsImage } from '@app/http';
import { AvatarNotFoundError } from '@app/users';
import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';

const fileForm = /^([\w-]{43})\.webp$/;

/**
 * Public, because `<img>` sends no header and a picture is made to be shown: its address, which cannot be guessed, is
 * the permission, and is only told to its owner.
 */
@ApiTags('Profile')
@Controller('api/v1/avatars')
@Public()
export class AvatarImageController {
  constructor(private readonly avatars: Avatars) {}

  @Get(':file')
  @ApiParam({
    name: 'file',
    description: 'As in `avatar_url`',
    example: 'mJ9kq0m6v5U6mC1yq1bq2c3Qw4rT7yU8iO9pA0sD1fG.webp',
  })
  @ReturnsImage({
    summary: 'Get a picture by its address',
    description: 'Another picture has another address, so whoever has one may keep it for ever.',
    problems: ['NOT_FOUND'],
  })
  async getImage(
    @Param('file') file: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const [, hash] = fileForm.exec(file) ?? [];
    if (hash === undefined) throw new AvatarNotFoundError();
    const avatar = await this.avatars.get({ hash });
    return answerImage(request, reply, { ...avatar, cacheControl: 'public, max-age=31536000, immutable' });
  }
}
