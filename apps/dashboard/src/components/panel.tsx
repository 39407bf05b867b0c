import { Group, Paper, Text } from '@mantine/core';
import type { ReactNode } from 'react';

interface PanelProps {
  readonly title?: ReactNode;
  /** Beside the title, on the right. */
  readonly aside?: ReactNode;
  readonly children: ReactNode;
  /** Without space around the content, for lists and tables. */
  readonly isFlush?: boolean;
}

/** A card with a heading. */
export function Panel({ title, aside, children, isFlush = false }: PanelProps) {
  return (
    <Paper
      withBorder
      radius="lg"
      bg="var(--app-surface)"
      style={{ borderColor: 'var(--app-line)', overflow: 'hidden' }}
    >
      {title !== undefined && (
        <Group justify="space-between" px="lg" pt="md" pb={isFlush ? 'sm' : 0}>
          <Text component="h2" fw={650} size="sm" m={0}>
            {title}
          </Text>
          {aside}
        </Group>
      )}
      {isFlush ? (
        children
      ) : (
        <div style={{ padding: 'var(--mantine-spacing-md) var(--mantine-spacing-lg)' }}>{children}</div>
      )}
    </Paper>
  );
}
