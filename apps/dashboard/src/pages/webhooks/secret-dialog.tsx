import { Button, Group, Modal, Stack } from '@mantine/core';
import { ShownOnce } from '../../components/shown-once';

interface SecretDialogProps {
  /** Null: nothing to show. */
  readonly secret: string | null;
  readonly onClose: () => void;
}

/** The secret of a webhook, once. */
export function SecretDialog({ secret, onClose }: SecretDialogProps) {
  return (
    <Modal
      opened={secret !== null}
      onClose={onClose}
      title="The secret of this webhook"
      centered
      closeOnClickOutside={false}
    >
      <Stack>
        <ShownOnce secret={secret ?? ''}>With it the receiver knows what comes from here.</ShownOnce>
        <Group justify="flex-end">
          <Button onClick={onClose}>I have it</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
