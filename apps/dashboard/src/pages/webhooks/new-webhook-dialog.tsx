import { Button, Group, Modal, Stack, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { type SubmitEvent, useState } from 'react';
import { ApiError } from '../../api/problem';
import { ErrorState } from '../../components/error-state';
import { formText } from '../../components/form-text';
import { createWebhook } from './webhooks-api';

interface NewWebhookDialogProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly onSecret: (secret: string) => void;
}

/** Where to, and of what. */
export function NewWebhookDialog({ isOpen, onClose, onSecret }: NewWebhookDialogProps) {
  const client = useQueryClient();
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const fields = error instanceof ApiError ? error.fields : {};

  async function submit(event: SubmitEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const form = event.currentTarget;
    const events = formText(form, 'events')
      .split(/[\s,]+/)
      .filter(Boolean);
    setBusy(true);
    setError(null);
    try {
      const settings = { url: formText(form, 'url').trim(), label: formText(form, 'label').trim(), events };
      const { secret } = await createWebhook(settings);
      await client.invalidateQueries({ queryKey: ['admin-webhooks'] });
      onClose();
      onSecret(secret);
    } catch (refusal) {
      setError(refusal);
    } finally {
      setBusy(false);
    }
  }

  return (
    <Modal opened={isOpen} onClose={onClose} title="Tell a service of events" centered>
      <form onSubmit={(event) => void submit(event)}>
        <Stack>
          <TextInput
            name="label"
            label="Name"
            placeholder="billing"
            maxLength={80}
            required
            withAsterisk={false}
            error={fields.label}
            data-autofocus
          />
          <TextInput
            name="url"
            label="Address"
            type="url"
            placeholder="https://example.com/hooks"
            required
            withAsterisk={false}
            error={fields.url}
          />
          <TextInput
            name="events"
            label="Events"
            description="Types of events, all of a kind (session.*), or everything (*), separated by commas."
            defaultValue="session.*, user.*"
            required
            withAsterisk={false}
            error={fields.events}
          />
          {error !== null && Object.keys(fields).length === 0 && <ErrorState error={error} />}
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
    </Modal>
  );
}
