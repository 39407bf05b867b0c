import { Button, Group, Modal, PasswordInput, Stack, Text } from '@mantine/core';
import { type SubmitEvent, useEffect, useRef, useState } from 'react';
import { api } from '../api/client';
import { explain } from '../components/explain';
import { formText } from '../components/form-text';
import { registerQuestion } from './prove-again';

/** "Is it still you?": asked when something needs a password proven lately (RFC 9470). */
export function StepUpDialog() {
  const [isOpen, setOpen] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const answer = useRef<((isProven: boolean) => void) | null>(null);

  useEffect(
    () =>
      registerQuestion(() => {
        setProblem(null);
        setOpen(true);
        return new Promise((resolve) => {
          answer.current = resolve;
        });
      }),
    [],
  );

  function close(isProven: boolean): void {
    setOpen(false);
    answer.current?.(isProven);
  }

  async function submit(event: SubmitEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const password = formText(event.currentTarget, 'password');
    setBusy(true);
    try {
      await api.POST('/api/v1/auth/step-up', { body: { password } });
      close(true);
    } catch (error) {
      setProblem(explain(error).text);
    } finally {
      setBusy(false);
    }
  }

  return (
    <Modal opened={isOpen} onClose={() => close(false)} title="Confirm that it is you" zIndex={400} centered>
      <form onSubmit={(event) => void submit(event)}>
        <Stack>
          <Text size="sm" c="dimmed">
            What you are about to do needs your password again. It is then good for ten minutes.
          </Text>
          <PasswordInput
            name="password"
            label="Password"
            autoComplete="current-password"
            error={problem}
            data-autofocus
            required
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={() => close(false)}>
              Cancel
            </Button>
            <Button type="submit" loading={isBusy}>
              Confirm
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
