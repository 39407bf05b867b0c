import { Button, Group, NativeSelect, Progress, Stack, Text, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type SubmitEvent, useState } from 'react';
import { ConfirmDialog } from '../../components/confirm-dialog';
import { ErrorState } from '../../components/error-state';
import { formText } from '../../components/form-text';
import { notifyDone } from '../../components/notify';
import { Panel } from '../../components/panel';
import { duration } from '../../components/time';
import { useUrlFilters } from '../../components/url-filters';
import { askable, type AskablePolicy, limitsQuery, resetLimit, type Subject } from './limits-api';

const names = ['policy', 'subject'];

const subjects: Record<AskablePolicy, string> = {
  global: 'An address, such as 203.0.113.7',
  auth: 'An address, such as 203.0.113.7',
  challenge: 'An address, such as 203.0.113.7',
  user: 'The id of a user',
  account: 'An e-mail address or username',
};

function isAskable(text: string | undefined): text is AskablePolicy {
  return askable.some((policy) => policy === text);
}

/** Looks one subject up, and lets its count be forgotten. */
export function StandingPanel() {
  const { filters, change } = useUrlFilters(names);
  const { policy: asked, subject } = filters;
  const [policy, setPolicy] = useState<AskablePolicy>(isAskable(asked) ? asked : 'auth');

  function submit(event: SubmitEvent<HTMLFormElement>): void {
    event.preventDefault();
    change({ policy, subject: formText(event.currentTarget, 'subject').trim() });
  }

  return (
    <Panel title="How somebody stands">
      <form onSubmit={submit}>
        <Group align="flex-end" gap="sm">
          <NativeSelect
            label="Policy"
            data={[...askable]}
            value={policy}
            onChange={({ currentTarget: { value } }) => isAskable(value) && setPolicy(value)}
          />
          <TextInput
            name="subject"
            label="Of whom"
            placeholder={subjects[policy]}
            defaultValue={subject}
            required
            withAsterisk={false}
            w={{ base: '100%', xs: 320 }}
          />
          <Button type="submit" variant="default">
            Look up
          </Button>
        </Group>
      </form>
      {isAskable(asked) && subject !== undefined && <Standing of={{ policy: asked, subject }} />}
    </Panel>
  );
}

function Standing({ of }: { readonly of: Subject }) {
  const { data, error } = useQuery(limitsQuery(of));
  const client = useQueryClient();
  const [isAsking, setAsking] = useState(false);
  if (error) return <ErrorState error={error} />;
  if (!data?.standing) return null;

  async function reset(reason: string | undefined): Promise<void> {
    const { reaches } = await resetLimit(of, reason);
    notifyDone(
      'Forgotten',
      reaches === 'all_instances' ? '' : 'Redis is away: only on the instance that has answered.',
    );
    await client.invalidateQueries({ queryKey: ['admin-limits'] });
  }

  return (
    <Stack mt="lg" gap="sm">
      {data.standing.map(({ counted, limit, used, reset_seconds: seconds }) => (
        <div key={counted}>
          <Group justify="space-between" gap="xs">
            <Text size="sm" fw={600}>
              {counted}
            </Text>
            <Text size="sm" c="dimmed">
              {used} of {limit}
              {seconds > 0 && `, free again in ${duration(seconds)}`}
            </Text>
          </Group>
          <Progress
            value={limit === 0 ? 0 : Math.min(100, (used / limit) * 100)}
            color={used >= limit ? 'red.8' : 'brand'}
            aria-label={`${used} of ${limit} used`}
            mt={4}
          />
        </div>
      ))}
      <Group>
        <Button size="xs" variant="default" onClick={() => setAsking(true)}>
          Forget what is counted…
        </Button>
      </Group>
      <ConfirmDialog
        title="Forget what is counted?"
        confirmLabel="Forget"
        color="brand"
        hasReason
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        onConfirm={reset}
      >
        {of.subject} may go on at once under <strong>{of.policy}</strong>, as if it had never asked.
      </ConfirmDialog>
    </Stack>
  );
}
