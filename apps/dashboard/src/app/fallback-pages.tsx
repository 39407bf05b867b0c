import { Button, Center, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'react-router';

export function MissingPage() {
  return (
    <Fallback
      title="There is no such page"
      text="The address may have been mistyped, or what was here is gone."
    >
      <Button component={Link} to="/account" variant="default">
        Go to my devices
      </Button>
    </Fallback>
  );
}

/** A fault of ours, or scripts that a new version has replaced. */
export function BrokenPage() {
  return (
    <Fallback title="This page could not be shown" text="Loading it again brings the newest version.">
      <Button onClick={() => location.reload()}>Load again</Button>
    </Fallback>
  );
}

export function ForbiddenPage() {
  return (
    <Fallback title="For administrators only" text="Your account may not see this part of Rollcall.">
      <Button component={Link} to="/account">
        Go to my devices
      </Button>
    </Fallback>
  );
}

interface FallbackProps {
  readonly title: string;
  readonly text: string;
  readonly children: ReactNode;
}

function Fallback({ title, text, children }: FallbackProps) {
  return (
    <Center mih="60vh">
      <Stack align="center" gap="sm" ta="center" maw={420}>
        <Title order={1} size="h3">
          {title}
        </Title>
        <Text c="dimmed">{text}</Text>
        {children}
      </Stack>
    </Center>
  );
}
