import { Box, Center, Group, Paper, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { Brand } from '../components/brand';

interface GateLayoutProps {
  readonly title: string;
  readonly intro: string;
  readonly children: ReactNode;
}

/** The narrow page in front of everything else: signing in, choosing a password. */
export function GateLayout({ title, intro, children }: GateLayoutProps) {
  return (
    <Center component="main" mih="100dvh" bg="var(--app-canvas)" p="md">
      <Box w="100%" maw={400}>
        <Group justify="center" mb="xl">
          <Brand size={34} />
        </Group>
        <Paper withBorder radius="lg" p={{ base: 'lg', xs: 'xl' }} shadow="sm" bg="var(--app-surface)">
          <Stack gap="lg">
            <div>
              <Title order={1} size="h3">
                {title}
              </Title>
              <Text c="dimmed" size="sm" mt={4}>
                {intro}
              </Text>
            </div>
            {children}
          </Stack>
        </Paper>
      </Box>
    </Center>
  );
}
