import { statfs } from 'node:fs/promises';
import { Injectable } from '@nestjs/common';
import { DiskExam } from '../../domain/disk-exam.js';

@Injectable()
export class SystemDiskExam extends DiskExam {
  async freeBytes(folder: string): Promise<number> {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  }
}
