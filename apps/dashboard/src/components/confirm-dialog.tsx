import { Modal, Stack, Text, TextInput } from '@mantine/core';
import type { ReactNode } from 'react';
import { FormButtons } from './form-buttons';
import { formText } from './form-text';
import { useSubmit } from './use-submit';
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
  const { isBusy, error, onSubmit, forget } = useSubmit(async (form) => {
    await onConfirm(formText(form, 'reason').trim() || undefined);
    close();
  });

  function close(): void {
    forget();
    onClose();
  }

  return (
    <Modal opened={isOpen} onClose={close} title={title} centered>
      <form onSubmit={onSubmit}>
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
          <FormButtons label={confirmLabel} isBusy={isBusy} onCancel={close} color={props.color ?? 'red.8'} />
        </Stack>
      </form>
    </Modal>
  );
}
