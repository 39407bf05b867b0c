import { Badge } from '@mantine/core';
import { endReasonName } from './end-reasons';

interface SessionStateProps {
  readonly state: 'live' | 'ended' | 'expired';
  readonly reason: string | null;
}

/** Whether a session is good for something, and if not, why. */
export function SessionState({ state, reason }: SessionStateProps) {
  if (state === 'live')
    return (
      <Badge size="sm" variant="dot" color="teal">
        Live
      </Badge>
    );
  return (
    <Badge size="sm" variant="dot" color="gray">
      {reason === null ? 'Expired' : endReasonName(reason)}
    </Badge>
  );
}
