import { Alert, Button, Checkbox, PasswordInput, Stack, TextInput } from '@mantine/core';
import { type SubmitEvent, useState } from 'react';
import { explain } from '../components/explain';
import { formText } from '../components/form-text';
import { type NoRoom, noRoomOf, signIn, type SignedIn } from './sign-in';

interface SignInFormProps {
  readonly onDone: (signedIn: SignedIn) => void;
  readonly onNoRoom: (noRoom: NoRoom) => void;
}

type Progress = 'idle' | 'asking' | 'computing';

export function SignInForm({ onDone, onNoRoom }: SignInFormProps) {
  const [progress, setProgress] = useState<Progress>('idle');
  const [problem, setProblem] = useState<string | null>(null);

  async function submit(event: SubmitEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const form = event.currentTarget;
    const credentials = {
      login: formText(form, 'login').trim(),
      password: formText(form, 'password'),
      remember: formText(form, 'remember') !== '',
    };
    setProblem(null);
    setProgress('asking');
    try {
      onDone(await signIn(credentials, () => setProgress('computing')));
    } catch (error) {
      const noRoom = noRoomOf(error);
      if (noRoom) onNoRoom(noRoom);
      else setProblem(explain(error).text);
    } finally {
      setProgress('idle');
    }
  }

  return (
    <form onSubmit={(event) => void submit(event)}>
      <Stack gap="md">
        {problem !== null && (
          <Alert color="red" role="alert" variant="light">
            {problem}
          </Alert>
        )}
        <TextInput
          name="login"
          label="E-mail address or username"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          withAsterisk={false}
          data-autofocus
        />
        <PasswordInput
          name="password"
          label="Password"
          autoComplete="current-password"
          required
          withAsterisk={false}
        />
        <Checkbox name="remember" label="Keep me signed in on this device" />
        <Button type="submit" fullWidth loading={progress === 'asking'} disabled={progress === 'computing'}>
          {progress === 'computing' ? 'Checking that you are no robot…' : 'Sign in'}
        </Button>
      </Stack>
    </form>
  );
}
