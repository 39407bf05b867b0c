import { Group, Progress, Stack, Text } from '@mantine/core';
import { Panel } from '../../components/panel';
import type { Series } from './overview-api';

/** Rows of a breakdown; what is rarer is one row. */
const maxRows = 7;

interface BreakdownProps {
  readonly title: string;
  readonly series: readonly Series[];
  readonly nameOf?: (label: string) => string;
  readonly empty: string;
}

interface Row {
  readonly name: string;
  readonly count: number;
}

function rowsOf(series: readonly Series[], nameOf: (label: string) => string): readonly Row[] {
  const rows = series
    .map(({ label, total }) => ({ name: nameOf(label ?? ''), count: total ?? 0 }))
    .filter(({ count }) => count > 0)
    .toSorted((a, b) => b.count - a.count);
  const rest = rows.slice(maxRows).reduce((sum, { count }) => sum + count, 0);
  return [...rows.slice(0, maxRows), ...(rest > 0 ? [{ name: 'All others', count: rest }] : [])];
}

function asItIs(label: string): string {
  return label;
}

/** How a whole divides. */
export function Breakdown({ title, series, nameOf = asItIs, empty }: BreakdownProps) {
  const rows = rowsOf(series, nameOf);
  const all = rows.reduce((sum, { count }) => sum + count, 0);
  return (
    <Panel title={title}>
      {rows.length === 0 ? (
        <Text size="sm" c="dimmed">
          {empty}
        </Text>
      ) : (
        <Stack gap={10}>
          {rows.map(({ name, count }) => (
            <div key={name}>
              <Group justify="space-between" gap="xs" mb={3}>
                <Text size="sm">{name}</Text>
                <Text size="sm" c="dimmed">
                  {count.toLocaleString()} · {Math.round((count / all) * 100)} %
                </Text>
              </Group>
              <Progress value={(count / all) * 100} size="sm" aria-label={`${name}: ${count}`} />
            </div>
          ))}
        </Stack>
      )}
    </Panel>
  );
}
