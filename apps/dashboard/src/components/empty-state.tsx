import { Stack, Text, ThemeIcon } from '@mantine/core';
import { IconMoodEmpty } from '@tabler/icons-react';
import type { ComponentType, ReactNode } from 'react';

interface EmptyStateProps {
  readonly title: string;
  readonly text?: ReactNode;
  readonly icon?: ComponentType<{ size?: number; stroke?: number }>;
  /** What to do about it. */
  readonly children?: ReactNode;
}

export function EmptyState({ title, text, icon: Icon = IconMoodEmpty, children }: EmptyStateProps) {
  return (
    <Stack align="center" gap={6} py={48} px="md" ta="center">
      <ThemeIcon variant="light" color="gray" size={46} radius="xl" aria-hidden>
        <Icon size={24} stroke={1.5} />
      </ThemeIcon>
      <Text fw={600} mt={6}>
        {title}
      </Text>
      {text !== undefined && (
        <Text c="dimmed" size="sm" maw={420}>
          {text}
        </Text>
      )}
      {children}
    </Stack>
  );
}
