import { notifications } from '@mantine/notifications';
import { CancelledError } from '../api/problem';
import { explain } from './explain';

export function notifyDone(title: string, message = ''): void {
  notifications.show({ color: 'teal', title, message });
}

/** Something asked for did not happen. Whoever closed the question for the password knows. */
export function notifyProblem(error: unknown): void {
  if (error instanceof CancelledError) return;
  const { title, text } = explain(error);
  notifications.show({ color: 'red', title, message: text, autoClose: 8_000 });
}
