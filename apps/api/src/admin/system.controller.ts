import { LogReaders } from '@app/event-log';
import { AdminOnly, adminProblems, Returns } from '@app/http';
import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { systemExample, systemView } from './system.schemas.js';

@ApiTags('Administration')
@Controller('api/v1/admin/system')
@AdminOnly()
export class SystemController {
  constructor(private readonly readers: LogReaders) {}

  @Get()
  @Returns({
    summary: 'Show how the installation works',
    description:
      'Readers of the event log: what follows a change some time later, and how far behind each is.',
    data: systemView,
    example: systemExample,
    problems: adminProblems,
  })
  async show() {
    const readers = await this.readers.status();
    return {
      readers: readers.map(({ name, oldestUnread }) => ({
        name,
        oldest_unread_at: oldestUnread?.toISOString() ?? null,
      })),
    };
  }
}
