import { Alert, Badge, Group, Stack, Text } from '@mantine/core';
import { IconAlertTriangle, IconCircleCheck } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { ErrorState } from '../../components/error-state';
import { Facts } from '../../components/facts';
import { Panel } from '../../components/panel';
import { Time } from '../../components/time';
import { type System, systemQuery } from './overview-api';
import { troublesOf } from './system-state';

function redisWord({ redis }: System): string {
  if (!redis.configured) return 'Not used';
  return redis.available ? 'Answers' : 'Away';
}

/** Stores, instances and jobs; first of all what is not well. */
export function SystemPanel() {
  const { data: system, error } = useQuery(systemQuery);
  if (error) return <ErrorState error={error} />;
  if (!system) return null;
  const troubles = troublesOf(system);
  return (
    <Panel title="System">
      <Stack gap="sm" aria-live="polite">
        {troubles.length === 0 && (
          <Group gap={8}>
            <IconCircleCheck size={18} color="var(--mantine-color-teal-7)" aria-hidden />
            <Text size="sm" fw={600}>
              All is well
            </Text>
          </Group>
        )}
        {troubles.map(({ title, text, isSerious }) => (
          <Alert
            key={title}
            color={isSerious ? 'red' : 'yellow'}
            variant="light"
            icon={<IconAlertTriangle size={18} />}
            title={title}
          >
            {text}
          </Alert>
        ))}
        <Facts
          of={[
            ['PostgreSQL', system.postgres.breaker === 'closed' ? 'Answers' : 'Away'],
            ['Redis', redisWord(system)],
            [
              'Connections',
              `${system.postgres.pool.total - system.postgres.pool.idle} of ${system.postgres.pool.total} busy`,
            ],
          ]}
        />
        <Stack gap={6}>
          {system.instances.map(({ id, name, started_at: at, is_this_one: isThis, is_fenced: isFenced }) => (
            <Group key={id} gap={8} justify="space-between">
              <Group gap={8}>
                <Text size="sm" ff="monospace" fz={13}>
                  {name}
                </Text>
                {isThis && (
                  <Badge size="xs" variant="light" color="brand">
                    Answers you
                  </Badge>
                )}
                {isFenced && (
                  <Badge size="xs" variant="light" color="yellow">
                    Cut off
                  </Badge>
                )}
              </Group>
              <Text size="xs" c="dimmed">
                up since <Time at={at} />
              </Text>
            </Group>
          ))}
        </Stack>
      </Stack>
    </Panel>
  );
}
