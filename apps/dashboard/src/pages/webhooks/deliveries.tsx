import { Button, Text } from '@mantine/core';
import { IconInbox } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { Column } from '../../components/data-table';
import { EmptyState } from '../../components/empty-state';
import { eventName } from '../../components/event-names';
import type { FilterField } from '../../components/filter-bar';
import { ListPanel } from '../../components/list-panel';
import { notifyDone, notifyProblem } from '../../components/notify';
import { Time } from '../../components/time';
import { useUrlFilters } from '../../components/url-filters';
import { DeliveryState } from './webhook-state';
import { deliveriesQuery, type Delivery, replayDelivery } from './webhooks-api';

const fields: readonly FilterField[] = [
  {
    kind: 'choice',
    name: 'state',
    label: 'State',
    options: [
      { value: 'waiting', label: 'Waiting' },
      { value: 'pending', label: 'Next try to come' },
      { value: 'delivered', label: 'Delivered' },
      { value: 'dead', label: 'Given up' },
    ],
  },
  { kind: 'text', name: 'type', label: 'Event', placeholder: 'session.ended' },
];
const names = fields.map(({ name }) => name);

function answerOf({ last_try: last }: Delivery): string {
  if (last === null) return '–';
  const said = last.status === null ? (last.error ?? 'no answer') : String(last.status);
  return `${said} in ${last.duration_ms} ms`;
}

function columns(onReplay: ((delivery: Delivery) => void) | null): readonly Column<Delivery>[] {
  return [
    {
      header: 'Event',
      cell: ({ type, message_id: id }) => (
        <Text size="sm" fw={600} title={`${type}\n${id}`}>
          {eventName(type)}
        </Text>
      ),
    },
    { header: 'State', cell: (delivery) => <DeliveryState {...delivery} /> },
    { header: 'Queued', cell: ({ queued_at: at }) => <Time at={at} /> },
    { header: 'Tries', align: 'end', cell: ({ attempts }) => attempts },
    {
      header: 'Answer',
      cell: (delivery) => (
        <Text size="sm" title={delivery.last_try?.response ?? undefined}>
          {answerOf(delivery)}
        </Text>
      ),
    },
    {
      header: 'Next try',
      isSecondary: true,
      cell: ({ next_try_at: at }) => (at === null ? '–' : <Time at={at} />),
    },
    {
      header: 'Actions',
      align: 'end',
      cell: (delivery) =>
        onReplay && (
          <Button
            size="compact-xs"
            variant="default"
            onClick={() => onReplay(delivery)}
            aria-label={`Send ${delivery.message_id} again`}
          >
            Send again
          </Button>
        ),
    },
  ];
}

interface DeliveriesProps {
  readonly id: string;
  readonly canReplay: boolean;
}

/** What was sent to a webhook, and how it answered. */
export function Deliveries({ id, canReplay }: DeliveriesProps) {
  const list = useUrlFilters(names);
  const query = useQuery(deliveriesQuery(id, list.filters, list.token));
  const client = useQueryClient();

  async function replay(delivery: Delivery): Promise<void> {
    try {
      await replayDelivery(id, delivery.id);
      notifyDone('Queued again');
      await client.invalidateQueries({ queryKey: ['admin-webhooks', id] });
    } catch (refusal) {
      notifyProblem(refusal);
    }
  }

  return (
    <ListPanel
      title="Deliveries"
      label="Deliveries"
      query={query}
      place={list}
      search={{ fields, ...list }}
      rowsOf={({ deliveries }) => deliveries}
      keyOf={({ id: key }) => key}
      columns={columns(canReplay ? (delivery) => void replay(delivery) : null)}
      empty={
        <EmptyState icon={IconInbox} title="Nothing was sent yet" text="A test shows whether it arrives." />
      }
    />
  );
}
