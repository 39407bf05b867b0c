import { Alert, Button, Code, CopyButton, Group } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { ReactNode } from 'react';

interface ShownOnceProps {
  readonly secret: string;
  /** What to do with it. */
  readonly children: ReactNode;
}

/** A secret that nobody can be shown again. */
export function ShownOnce({ secret, children }: ShownOnceProps) {
  return (
    <>
      <Alert color="yellow" variant="light" icon={<IconAlertTriangle size={18} />} title="Shown this once">
        {children}
      </Alert>
      <Group justify="space-between" wrap="nowrap">
        <Code fz="md" style={{ overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }}>
          {secret}
        </Code>
        <CopyButton value={secret}>
          {({ copied, copy }) => (
            <Button size="xs" variant="default" onClick={copy} style={{ flexShrink: 0 }}>
              {copied ? 'Copied' : 'Copy'}
            </Button>
          )}
        </CopyButton>
      </Group>
    </>
  );
}
