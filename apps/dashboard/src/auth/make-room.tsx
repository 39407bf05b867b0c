import { Alert, Button, Group, Paper, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { deviceName } from '../components/device';
import { explain } from '../components/explain';
import { Time } from '../components/time';
import { GateLayout } from './gate-layout';
import { continueSignIn, type NoRoom, type SignedIn } from './sign-in';

interface MakeRoomProps extends NoRoom {
  readonly onDone: (signedIn: SignedIn) => void;
  readonly onCancel: () => void;
}

/** All places are taken and the policy is to ask: whoever signs in chooses which session goes. */
export function MakeRoom({ ticket, sessions, onDone, onCancel }: MakeRoomProps) {
  const [chosen, setChosen] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);

  async function end(id: string): Promise<void> {
    setChosen(id);
    try {
      onDone(await continueSignIn(ticket, id));
    } catch (error) {
      setProblem(explain(error).text);
      setChosen(null);
    }
  }

  return (
    <GateLayout
      title="All places are taken"
      intro="Choose a device to sign out, and this one takes its place."
    >
      <Stack gap="sm">
        {problem !== null && <Alert color="red">{problem}</Alert>}
        {sessions.map((session) => (
          <Paper key={session.id} withBorder p="sm">
            <Group justify="space-between" wrap="nowrap">
              <div>
                <Text size="sm" fw={600}>
                  {deviceName(session.device)}
                </Text>
                <Text size="xs" c="dimmed">
                  {session.ip_address} · <Time at={session.last_access} />
                </Text>
              </div>
              <Button
                size="xs"
                variant="default"
                loading={chosen === session.id}
                onClick={() => void end(session.id)}
              >
                Sign out
              </Button>
            </Group>
          </Paper>
        ))}
        <Button variant="subtle" onClick={onCancel}>
          Back
        </Button>
      </Stack>
    </GateLayout>
  );
}
