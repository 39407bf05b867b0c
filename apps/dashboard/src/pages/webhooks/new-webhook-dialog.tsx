import { Modal, Stack, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { ErrorState } from '../../components/error-state';
import { FormButtons } from '../../components/form-buttons';
import { formText } from '../../components/form-text';
import { useSubmit } from '../../components/use-submit';
import { createWebhook } from './webhooks-api';

interface NewWebhookDialogProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly onSecret: (secret: string) => void;
}

/** Where to, and of what. */
export function NewWebhookDialog({ isOpen, onClose, onSecret }: NewWebhookDialogProps) {
  const client = useQueryClient();
  const { isBusy, error, fields, onSubmit } = useSubmit(async (form) => {
    const events = formText(form, 'events')
      .split(/[\s,]+/)
      .filter(Boolean);
    const settings = { url: formText(form, 'url').trim(), label: formText(form, 'label').trim(), events };
    const { secret } = await createWebhook(settings);
    await client.invalidateQueries({ queryKey: ['admin-webhooks'] });
    onClose();
    onSecret(secret);
  });

  return (
    <Modal opened={isOpen} onClose={onClose} title="Tell a service of events" centered>
      <form onSubmit={onSubmit}>
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
          <FormButtons label="Create" isBusy={isBusy} onCancel={onClose} />
        </Stack>
      </form>
    </Modal>
  );
}
