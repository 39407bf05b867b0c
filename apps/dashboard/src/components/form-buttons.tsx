import { Button, Group } from '@mantine/core';

interface FormButtonsProps {
  readonly label: string;
  readonly isBusy: boolean;
  readonly onCancel: () => void;
  readonly color?: string | undefined;
  readonly isDisabled?: boolean;
}

/** The way out of a dialog and the way on. */
export function FormButtons({ label, isBusy, onCancel, color, isDisabled = false }: FormButtonsProps) {
  return (
    <Group justify="flex-end">
      <Button variant="default" onClick={onCancel}>
        Cancel
      </Button>
      <Button type="submit" loading={isBusy} disabled={isDisabled} {...(color && { color })}>
        {label}
      </Button>
    </Group>
  );
}
