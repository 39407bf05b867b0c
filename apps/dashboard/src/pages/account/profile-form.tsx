import { Button, Group, Stack, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { type SubmitEvent, useState } from 'react';
import { api, dataOf } from '../../api/client';
import { ApiError } from '../../api/problem';
import { identityQuery } from '../../auth/identity';
import { ErrorState } from '../../components/error-state';
import { formText } from '../../components/form-text';
import { notifyDone } from '../../components/notify';
import { type Profile, profileQuery } from './profile-api';

/** Names and address; another address asks for the password first. */
export function ProfileForm({ profile }: { readonly profile: Profile }) {
  const client = useQueryClient();
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const problems = error instanceof ApiError ? error.fields : {};

  async function submit(event: SubmitEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const form = event.currentTarget;
    const body = {
      email: formText(form, 'email').trim(),
      full_name: formText(form, 'full_name').trim() || null,
      username: formText(form, 'username').trim() || null,
    };
    setBusy(true);
    setError(null);
    try {
      client.setQueryData(profileQuery.queryKey, await dataOf(api.PUT('/api/v1/auth/profile', { body })));
      await client.invalidateQueries({ queryKey: identityQuery.queryKey });
      notifyDone('Saved');
    } catch (refusal) {
      setError(refusal);
    } finally {
      setBusy(false);
    }
  }

  return (
    <form onSubmit={(event) => void submit(event)}>
      <Stack>
        <TextInput
          name="full_name"
          label="Full name"
          defaultValue={profile.full_name ?? ''}
          error={problems.full_name}
        />
        <TextInput
          name="username"
          label="Username"
          defaultValue={profile.username ?? ''}
          error={problems.username}
        />
        <TextInput
          name="email"
          type="email"
          label="E-mail address"
          defaultValue={profile.email}
          error={problems.email}
          required
          withAsterisk={false}
        />
        {error !== null && <ErrorState error={error} />}
        <Group>
          <Button type="submit" loading={isBusy}>
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
