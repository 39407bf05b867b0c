import { Button, Code, Group, List, Modal, Progress, Stack, Text, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type SubmitEvent, useEffect, useState } from 'react';
import { deviceName } from '../../components/device';
import { ErrorState } from '../../components/error-state';
import { formText } from '../../components/form-text';
import type { Filters } from '../../components/url-filters';
import { orderEnd, orderQuery, previewQuery } from './sessions-api';

interface BulkEndDialogProps {
  readonly filter: Filters;
  readonly onClose: () => void;
}

/** Ends whatever live sessions meet a filter: first a dry run, then the order with the number it has shown. */
export function BulkEndDialog({ filter, onClose }: BulkEndDialogProps) {
  const [orderId, setOrderId] = useState<string | null>(null);
  return (
    <Modal opened onClose={onClose} title="End all live sessions that match" size="lg" centered>
      <Stack>
        <Group gap={6}>
          {Object.entries(filter).map(([name, value]) => (
            <Code key={name}>
              {name.replaceAll('_', ' ')}: {value}
            </Code>
          ))}
        </Group>
        {orderId === null ? (
          <Preview filter={filter} onClose={onClose} onOrdered={setOrderId} />
        ) : (
          <Standing id={orderId} onClose={onClose} />
        )}
      </Stack>
    </Modal>
  );
}

interface PreviewProps extends BulkEndDialogProps {
  readonly onOrdered: (id: string) => void;
}

function Preview({ filter, onClose, onOrdered }: PreviewProps) {
  const { data, error, refetch } = useQuery(previewQuery(filter));
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<unknown>(null);
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <Text c="dimmed">Counting…</Text>;
  const { count, sample } = data;

  async function submit(event: SubmitEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const reason = formText(event.currentTarget, 'reason').trim() || undefined;
    setBusy(true);
    try {
      onOrdered((await orderEnd(filter, count, reason)).id);
    } catch (problem) {
      setRefusal(problem);
      await refetch();
    } finally {
      setBusy(false);
    }
  }

  const what = count === 1 ? 'one session' : `${count.toLocaleString()} sessions`;
  return (
    <form onSubmit={(event) => void submit(event)}>
      <Stack>
        <Text size="sm">
          <strong>{count === 0 ? 'No live session matches.' : `${what} would end.`}</strong>
          {count > 0 && ' Your own stays. This cannot be undone.'}
        </Text>
        {sample.length > 0 && (
          <List size="sm" c="dimmed" spacing={2}>
            {sample.slice(0, 5).map(({ id, email, device, ip_address: address }) => (
              <List.Item key={id}>
                {email} · {deviceName(device)} · {address}
              </List.Item>
            ))}
            {count > 5 && (
              <List.Item>and {(count - Math.min(5, sample.length)).toLocaleString()} more</List.Item>
            )}
          </List>
        )}
        <TextInput
          name="reason"
          label="Reason"
          placeholder="Optional, such as a ticket number"
          maxLength={200}
        />
        {refusal !== null && <ErrorState error={refusal} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" color="red.8" disabled={count === 0} loading={isBusy}>
            End {what}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function Standing({ id, onClose }: { readonly id: string; readonly onClose: () => void }) {
  const client = useQueryClient();
  const { data: order, error } = useQuery(orderQuery(id));
  const isDone = order?.state === 'done';
  useEffect(() => {
    if (isDone) void client.invalidateQueries({ queryKey: ['admin-sessions'] });
  }, [isDone, client]);
  if (error) return <ErrorState error={error} />;
  const ended = order?.ended ?? 0;
  const matched = order?.matched ?? 0;
  return (
    <Stack aria-live="polite">
      <Progress
        value={matched === 0 ? (isDone ? 100 : 0) : (ended / matched) * 100}
        size="lg"
        animated={!isDone}
        aria-label="Ended so far"
      />
      <Text size="sm">
        {isDone ? 'Done: ' : ''}
        {ended.toLocaleString()} of {matched.toLocaleString()} ended
        {isDone && order.propagation === 'pending' && '; not proven on every instance yet'}.
      </Text>
      <Group justify="flex-end">
        <Button variant={isDone ? 'filled' : 'default'} onClick={onClose}>
          {isDone ? 'Close' : 'Go on in the background'}
        </Button>
      </Group>
    </Stack>
  );
}
