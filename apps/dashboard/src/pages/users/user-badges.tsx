import { Badge, Group } from '@mantine/core';
import { now } from '../../app/clock';
import type { Account } from './users-api';

/** What is unusual about an account; a plain one that may sign in has just its state. */
export function UserBadges({ user }: { readonly user: Account }) {
  const isLocked = user.locked_until !== null && Date.parse(user.locked_until) > now();
  const isDisabled = user.state === 'disabled';
  return (
    <Group gap={6}>
      <Badge size="sm" variant="dot" color={isDisabled ? 'red' : 'teal'}>
        {isDisabled ? 'Disabled' : 'Active'}
      </Badge>
      {user.role === 'admin' && (
        <Badge size="sm" variant="light" color="brand">
          Administrator
        </Badge>
      )}
      {isLocked && (
        <Badge size="sm" variant="outline" color="gray">
          Waiting after failures
        </Badge>
      )}
      {user.password_change_required_at !== null && (
        <Badge size="sm" variant="outline" color="gray">
          Must change password
        </Badge>
      )}
    </Group>
  );
}
