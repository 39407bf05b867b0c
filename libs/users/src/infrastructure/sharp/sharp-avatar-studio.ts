import { Bulkhead } from '@app/kernel';
import { Injectable } from '@nestjs/common';
import { avatarLimits, AvatarStudio } from '../../domain/avatar.js';
import { AvatarTooLargeError, AvatarTypeError, AvatarUnreadableError } from '../../domain/users.errors.js';

/** Formats by what their first bytes say; what the sender says is not asked. */
const formats: Readonly<Record<string, string>> = {
  'image/png': 'png',
  'image/apng': 'png',
  'image/jpeg': 'jpeg',
  'image/webp': 'webp',
  'image/gif': 'gif',
};

const side = 256;
const quality = 80;
const maxSeconds = 5;

/** Pictures decoded at once, 64 MiB each at most, and waiting for it, 2 MiB each. */
const workshop = { concurrent: 2, waiting: 16 };

/**
 * Decodes with libvips and encodes anew, so that nothing of the upload but its pixels is kept: no metadata, no second
 * format behind the first, no script. The header alone decides whether it is worth decoding, so a bomb never unfolds.
 */
@Injectable()
export class SharpAvatarStudio extends AvatarStudio {
  private readonly bulkhead = new Bulkhead(workshop);

  make(upload: Buffer): Promise<Buffer> {
    return this.bulkhead.run(() => this.remade(upload));
  }

  private async remade(upload: Buffer): Promise<Buffer> {
    if (upload.length > avatarLimits.bytes) throw new AvatarTooLargeError();
    // Loaded with the first picture: most processes never see one, and the start should not wait for it.
    const [{ default: sharp }, { fileTypeFromBuffer }] = await Promise.all([
      import('sharp'),
      import('file-type'),
    ]);
    const format = formats[(await fileTypeFromBuffer(upload))?.mime ?? ''];
    if (!format) throw new AvatarTypeError();
    sharp.cache(false);
    sharp.concurrency(1);
    const header = await sharp(upload, { limitInputPixels: false }).metadata().catch(refuseUnreadable);
    if (header.format !== format) throw new AvatarTypeError();
    if (Math.max(header.width, header.height) > avatarLimits.side) throw new AvatarTooLargeError();
    return sharp(upload, { limitInputPixels: avatarLimits.side ** 2, failOn: 'error', pages: 1 })
      .timeout({ seconds: maxSeconds })
      .autoOrient()
      .resize(side, side, { fit: 'cover' })
      .webp({ quality })
      .toBuffer()
      .catch(refuseUnreadable);
  }
}

/** What the library says of a damaged picture is for developers, and may quote it. */
function refuseUnreadable(): never {
  throw new AvatarUnreadableError();
}
