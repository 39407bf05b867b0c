import {
  Alert,
  Button,
  Checkbox,
  Code,
  CopyButton,
  Group,
  Modal,
  Stack,
  Text,
  TextInput,
} from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { type SubmitEvent, useState } from 'react';
import type { Schema } from '../../api/client';
import { ApiError } from '../../api/problem';
import { ErrorState } from '../../components/error-state';
import { formText } from '../../components/form-text';
import { createUser } from './users-api';

type Created = Schema['NewAccount'];

/** An account with a password that is shown once; whoever gets it has to choose another. */
export function NewUserDialog({ onClose }: { readonly onClose: () => void }) {
  const client = useQueryClient();
  const [created, setCreated] = useState<Created | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const fieldProblems = error instanceof ApiError ? error.fields : {};

  async function submit(event: SubmitEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const form = event.currentTarget;
    setBusy(true);
    setError(null);
    try {
      const user = await createUser({
        email: formText(form, 'email').trim(),
        full_name: formText(form, 'full_name').trim() || undefined,
        username: formText(form, 'username').trim() || undefined,
        role: formText(form, 'admin') === '' ? 'user' : 'admin',
      });
      setCreated(user);
      await client.invalidateQueries({ queryKey: ['admin-users'] });
    } catch (refusal) {
      setError(refusal);
    } finally {
      setBusy(false);
    }
  }

  return (
    <Modal opened onClose={onClose} title={created ? 'Account created' : 'New user'} centered>
      {created ? (
        <FirstPassword created={created} onClose={onClose} />
      ) : (
        <form onSubmit={(event) => void submit(event)}>
          <Stack>
            <TextInput
              name="email"
              type="email"
              label="E-mail address"
              error={fieldProblems.email}
              required
              data-autofocus
            />
            <TextInput name="full_name" label="Full name" error={fieldProblems.full_name} />
            <TextInput name="username" label="Username" error={fieldProblems.username} />
            <Checkbox name="admin" label="Administrator" />
            {error !== null && <ErrorState error={error} />}
            <Group justify="flex-end">
              <Button variant="default" onClick={onClose}>
                Cancel
              </Button>
              <Button type="submit" loading={isBusy}>
                Create
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Modal>
  );
}

function FirstPassword({ created, onClose }: { readonly created: Created; readonly onClose: () => void }) {
  const password = created.generated_password ?? '';
  return (
    <Stack>
      <Alert color="yellow" title="Shown this once">
        Hand it over in a way you trust. {created.email} has to choose another password first.
      </Alert>
      <Group justify="space-between">
        <Code fz="md">{password}</Code>
        <CopyButton value={password}>
          {({ copied, copy }) => (
            <Button size="xs" variant="default" onClick={copy}>
              {copied ? 'Copied' : 'Copy'}
            </Button>
          )}
        </CopyButton>
      </Group>
      <Text size="sm" c="dimmed">
        Only its hash is kept.
      </Text>
      <Button onClick={onClose}>Done</Button>
    </Stack>
  );
}
