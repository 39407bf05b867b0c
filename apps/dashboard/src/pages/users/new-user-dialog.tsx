import { Button, Checkbox, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Schema } from '../../api/client';
import { ErrorState } from '../../components/error-state';
import { FormButtons } from '../../components/form-buttons';
import { formText } from '../../components/form-text';
import { ShownOnce } from '../../components/shown-once';
import { useSubmit } from '../../components/use-submit';
import { createUser } from './users-api';

type Created = Schema['NewAccount'];

/** An account with a password that is shown once; whoever gets it has to choose another. */
export function NewUserDialog({ onClose }: { readonly onClose: () => void }) {
  const client = useQueryClient();
  const [created, setCreated] = useState<Created | null>(null);
  const { isBusy, error, fields, onSubmit } = useSubmit(async (form) => {
    const user = await createUser({
      email: formText(form, 'email').trim(),
      full_name: formText(form, 'full_name').trim() || undefined,
      username: formText(form, 'username').trim() || undefined,
      role: formText(form, 'admin') === '' ? 'user' : 'admin',
    });
    setCreated(user);
    await client.invalidateQueries({ queryKey: ['admin-users'] });
  });

  return (
    <Modal opened onClose={onClose} title={created ? 'Account created' : 'New user'} centered>
      {created ? (
        <FirstPassword created={created} onClose={onClose} />
      ) : (
        <form onSubmit={onSubmit}>
          <Stack>
            <TextInput
              name="email"
              type="email"
              label="E-mail address"
              error={fields.email}
              required
              data-autofocus
            />
            <TextInput name="full_name" label="Full name" error={fields.full_name} />
            <TextInput name="username" label="Username" error={fields.username} />
            <Checkbox name="admin" label="Administrator" />
            {error !== null && <ErrorState error={error} />}
            <FormButtons label="Create" isBusy={isBusy} onCancel={onClose} />
          </Stack>
        </form>
      )}
    </Modal>
  );
}

function FirstPassword({ created, onClose }: { readonly created: Created; readonly onClose: () => void }) {
  return (
    <Stack>
      <ShownOnce secret={created.generated_password ?? ''}>
        Hand it over in a way you trust. {created.email} has to choose another password first.
      </ShownOnce>
      <Text size="sm" c="dimmed">
        Only its hash is kept.
      </Text>
      <Button onClick={onClose}>Done</Button>
    </Stack>
  );
}
