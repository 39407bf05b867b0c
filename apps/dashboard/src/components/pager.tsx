import { Button, Group, Text } from '@mantine/core';
import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react';

interface PagerProps {
  readonly shown: string;
  readonly isFirst: boolean;
  /** Null on the last page. */
  readonly next: string | null;
  readonly onPrevious: () => void;
  readonly onNext: (token: string) => void;
}

/** Forth and back through a list of any length; the number of its pages is nobody's knowledge. */
export function Pager({ shown, isFirst, next, onPrevious, onNext }: PagerProps) {
  return (
    <Group justify="space-between" px="lg" py="sm" style={{ borderTop: '1px solid var(--app-line)' }}>
      <Text size="sm" c="dimmed">
        {shown}
      </Text>
      <Group gap="xs">
        <Button
          size="xs"
          variant="default"
          disabled={isFirst}
          onClick={onPrevious}
          leftSection={<IconChevronLeft size={14} />}
        >
          Back
        </Button>
        <Button
          size="xs"
          variant="default"
          disabled={next === null}
          onClick={() => next !== null && onNext(next)}
          rightSection={<IconChevronRight size={14} />}
        >
          Next
        </Button>
      </Group>
    </Group>
  );
}
