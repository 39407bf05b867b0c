import { Badge, Button, Group, Skeleton, Text } from '@mantine/core';
import type { Schema } from '../../api/client';
import { DeviceIcon, deviceName } from '../../components/device';
import { Time } from '../../components/time';
import classes from './device-row.module.css';

interface DeviceRowProps {
  readonly session: Schema['Session'];
  readonly onEnd: () => void;
}

export function DeviceRow({ session, onEnd }: DeviceRowProps) {
  const name = deviceName(session.device);
  return (
    <div className={classes.row}>
      <DeviceIcon kind={session.device.kind} />
      <div className={classes.facts}>
        <Group gap="xs">
          <Text fw={600} size="sm">
            {name}
          </Text>
          {session.is_current && (
            <Badge size="sm" color="brand" variant="light">
              This device
            </Badge>
          )}
          {session.parent_id !== null && (
            <Badge size="sm" color="gray" variant="light">
              Shared{session.label === null ? '' : `: ${session.label}`}
            </Badge>
          )}
        </Group>
        <Text size="sm" c="dimmed" title={session.user_agent ?? undefined}>
          {session.ip_address} · used <Time at={session.last_access} /> · signed in{' '}
          <Time at={session.created_at} />
        </Text>
      </div>
      {!session.is_current && (
        <Button size="xs" variant="default" onClick={onEnd} aria-label={`Sign out ${name}`}>
          Sign out
        </Button>
      )}
    </div>
  );
}

export function DeviceRowSkeleton() {
  return (
    <div className={classes.row} aria-hidden>
      <Skeleton w={38} h={38} radius="md" />
      <div className={classes.facts}>
        <Skeleton h={12} w={160} mb={10} />
        <Skeleton h={10} w="60%" />
      </div>
    </div>
  );
}
