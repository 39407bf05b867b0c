import { Group, Paper, SimpleGrid, Skeleton, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import type { Stats } from './overview-api';
import { revocationText } from './system-state';

function percent(part: number | null): string {
  return part === null ? '–' : `${(part * 100).toFixed(part > 0.99 && part < 1 ? 2 : 1)} %`;
}

interface Card {
  readonly label: string;
  readonly value: (stats: Stats) => ReactNode;
  readonly note: (stats: Stats) => string;
  readonly to?: string;
}

const cards: readonly Card[] = [
  {
    label: 'Signed in now',
    value: ({ active }) => active.sessions.toLocaleString(),
    note: ({ active }) => `sessions of ${active.users.toLocaleString()} people`,
    to: '/admin/sessions?state=live',
  },
  {
    label: 'Sign-ins',
    value: (stats) => stats.last_hour.sign_ins.toLocaleString(),
    note: (stats) => `in the last hour, ${stats.last_24_hours.sign_ins.toLocaleString()} in a day`,
  },
  {
    label: 'Failed sign-ins',
    value: (stats) => stats.last_hour.sign_in_failures.toLocaleString(),
    note: (stats) => `in the last hour, ${stats.last_24_hours.sign_in_failures.toLocaleString()} in a day`,
    to: '/admin/audit?type=signin.failed',
  },
  {
    label: 'Sessions ended',
    value: (stats) => stats.last_hour.sessions_ended.toLocaleString(),
    note: (stats) => `in the last hour, ${stats.last_24_hours.sessions_ended.toLocaleString()} in a day`,
    to: '/admin/sessions?state=ended',
  },
  {
    label: 'Limits reached',
    value: (stats) => stats.last_hour.limit_hits.toLocaleString(),
    note: (stats) => `in the last hour, ${stats.last_24_hours.limit_hits.toLocaleString()} in a day`,
    to: '/admin/limits',
  },
  {
    label: 'Answered without PostgreSQL',
    value: (stats) => percent(stats.last_hour.cache_hit_rate.session),
    note: (stats) => `revocations: ${revocationText(stats)}`,
  },
];

/** The numbers of now. */
export function StatCards({ stats }: { readonly stats: Stats | undefined }) {
  return (
    <SimpleGrid cols={{ base: 2, md: 3, lg: 6 }} spacing="md">
      {cards.map(({ label, value, note, to }) => (
        <Paper
          key={label}
          withBorder
          radius="lg"
          p="md"
          bg="var(--app-surface)"
          style={{ borderColor: 'var(--app-line)' }}
        >
          <Text size="xs" c="dimmed" fw={600}>
            {to === undefined ? (
              label
            ) : (
              <Link to={to} style={{ color: 'inherit' }}>
                {label}
              </Link>
            )}
          </Text>
          <Group mt={4} mb={2} h={34}>
            {stats ? (
              <Text fz={26} fw={680} lh={1.2} lts="-0.02em">
                {value(stats)}
              </Text>
            ) : (
              <Skeleton h={24} w={70} />
            )}
          </Group>
          <Text size="xs" c="dimmed" mih={34}>
            {stats ? note(stats) : ' '}
          </Text>
        </Paper>
      ))}
    </SimpleGrid>
  );
}
