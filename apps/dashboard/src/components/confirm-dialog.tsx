import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { type ReactNode, type SubmitEvent, useState } from 'react';
import { formText } from './form-text';
import { ErrorState } from './error-state';

interface ConfirmDialogProps {
  readonly title: string;
  /** What will happen, with the number of what it happens to. */
  readonly children: ReactNode;
  readonly confirmLabel: string;
  /** Asks why; goes to the log. */
  readonly hasReason?: boolean;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  /** Throws what the API refuses; the dialog stays open then. */
  readonly onConfirm: (reason: string | undefined) => Promise<void>;
  readonly color?: string;
}

/** In front of what cannot be undone. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const { title, children, confirmLabel, hasReason = false, isOpen, onClose, onConfirm } = props;
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);

  function close(): void {
    setError(null);
    onClose();
  }

  async function submit(event: SubmitEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const reason = formText(event.currentTarget, 'reason').trim() || undefined;
    setBusy(true);
    try {
      await onConfirm(reason);
      close();
    } catch (refusal) {
      setError(refusal);
    } finally {
      setBusy(false);
    }
  }

  return (
    <Modal opened={isOpen} onClose={close} title={title} centered>
      <form onSubmit={(event) => void submit(event)}>
        <Stack>
          <Text size="sm" component="div">
            {children}
          </Text>
          {hasReason && (
            <TextInput
              name="reason"
              label="Reason"
              description="For the log; the person does not see it."
              placeholder="Optional, such as a ticket number"
              maxLength={200}
              data-autofocus
            />
          )}
          {error !== null && <ErrorState error={error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              Cancel
            </Button>
            <Button type="submit" color={props.color ?? 'red.8'} loading={isBusy}>
              {confirmLabel}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
