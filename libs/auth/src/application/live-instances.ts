import { FleetSize } from '@app/rate-limit';
import { AuthorityState } from '@app/sessions';
import { Injectable } from '@nestjs/common';

/** The registry of instances knows who shares the traffic; without Postgres it is the number last seen. */
@Injectable()
export class LiveInstances extends FleetSize {
  constructor(private readonly state: AuthorityState) {
    super();
  }

  get instances(): number {
    return this.state.liveInstances;
  }
}
