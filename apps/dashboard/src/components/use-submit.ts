import { type SubmitEvent, useState } from 'react';
import { ApiError } from '../api/problem';

/** A form that is sent: whether it is on its way, and what was refused, of single fields too. */
export function useSubmit(send: (form: HTMLFormElement) => Promise<void>) {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);

  async function submit(form: HTMLFormElement): Promise<void> {
    setBusy(true);
    setError(null);
    try {
      await send(form);
    } catch (refusal) {
      setError(refusal);
    } finally {
      setBusy(false);
    }
  }

  return {
    isBusy,
    error,
    fields: error instanceof ApiError ? error.fields : {},
    onSubmit: (event: SubmitEvent<HTMLFormElement>): void => {
      event.preventDefault();
      void submit(event.currentTarget);
    },
    forget: () => setError(null),
  };
}
