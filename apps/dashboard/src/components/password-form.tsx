import { Button, PasswordInput, Stack } from '@mantine/core';
import { type SubmitEvent, useState } from 'react';
import { ApiError } from '../api/problem';
import { explain } from './explain';
import { formText } from './form-text';

interface PasswordFormProps {
  /** Throws what the API refuses. */
  readonly onChange: (current: string, next: string) => Promise<void>;
  readonly submitLabel: string;
}

interface Problems {
  readonly current?: string | undefined;
  readonly next?: string | undefined;
  readonly again?: string;
}

function problemsOf(error: unknown): Problems {
  if (!(error instanceof ApiError)) return { current: explain(error).text };
  if (error.code === 'INVALID_CREDENTIALS') return { current: 'This is not your password.' };
  const { current_password: current, new_password: next } = error.fields;
  return current === undefined && next === undefined ? { next: explain(error).text } : { current, next };
}

/** The old password and, twice, the new one. */
export function PasswordForm({ onChange, submitLabel }: PasswordFormProps) {
  const [isBusy, setBusy] = useState(false);
  const [problems, setProblems] = useState<Problems>({});

  async function submit(event: SubmitEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const form = event.currentTarget;
    const [current, next] = [formText(form, 'current'), formText(form, 'next')];
    if (next !== formText(form, 'again')) return setProblems({ again: 'These two are not the same.' });
    setProblems({});
    setBusy(true);
    try {
      await onChange(current, next);
      form.reset();
    } catch (error) {
      setProblems(problemsOf(error));
    } finally {
      setBusy(false);
    }
  }

  return (
    <form onSubmit={(event) => void submit(event)}>
      <Stack gap="md">
        <PasswordInput
          name="current"
          label="Current password"
          autoComplete="current-password"
          error={problems.current}
          required
          withAsterisk={false}
        />
        <PasswordInput
          name="next"
          label="New password"
          description="Long and yours alone. A few unrelated words do well."
          autoComplete="new-password"
          error={problems.next}
          required
          withAsterisk={false}
        />
        <PasswordInput
          name="again"
          label="New password again"
          autoComplete="new-password"
          error={problems.again}
          required
          withAsterisk={false}
        />
        <Button type="submit" loading={isBusy}>
          {submitLabel}
        </Button>
      </Stack>
    </form>
  );
}
