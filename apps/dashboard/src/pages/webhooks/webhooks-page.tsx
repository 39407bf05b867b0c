import { Anchor, Button, Text } from '@mantine/core';
import { IconPlus, IconWebhook } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { type Column, DataTable } from '../../components/data-table';
import { EmptyState } from '../../components/empty-state';
import { ErrorState } from '../../components/error-state';
import { PageHeader } from '../../components/page-header';
import { Panel } from '../../components/panel';
import { Time } from '../../components/time';
import { NewWebhookDialog } from './new-webhook-dialog';
import { SecretDialog } from './secret-dialog';
import { WebhookState } from './webhook-state';
import { type Webhook, webhooksQuery } from './webhooks-api';

const columns: readonly Column<Webhook>[] = [
  {
    header: 'Webhook',
    cell: ({ id, label }) => (
      <Anchor component={Link} to={`/admin/webhooks/${id}`} size="sm" fw={600}>
        {label}
      </Anchor>
    ),
  },
  {
    header: 'Address',
    cell: ({ url }) => (
      <Text size="sm" ff="monospace" fz={13} style={{ overflowWrap: 'anywhere' }}>
        {url}
      </Text>
    ),
  },
  { header: 'Events', isSecondary: true, cell: ({ events }) => events.join(', ') },
  { header: 'State', cell: (webhook) => <WebhookState {...webhook} /> },
  { header: 'Made', isSecondary: true, cell: ({ created_at: at }) => <Time at={at} /> },
];

export default function WebhooksPage() {
  const { data, error, refetch } = useQuery(webhooksQuery);
  const [isMaking, setMaking] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  return (
    <>
      <PageHeader title="Webhooks" intro="Services that are told what happens, signed and in order.">
        <Button leftSection={<IconPlus size={16} stroke={1.7} />} onClick={() => setMaking(true)}>
          New webhook
        </Button>
      </PageHeader>
      {error ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : (
        <Panel isFlush>
          <DataTable
            label="Webhooks"
            columns={columns}
            rows={data?.webhooks}
            keyOf={({ id }) => id}
            empty={
              <EmptyState
                icon={IconWebhook}
                title="Nobody is told"
                text="A webhook posts every event to an address of yours, signed as Standard Webhooks say."
              />
            }
          />
        </Panel>
      )}
      <NewWebhookDialog isOpen={isMaking} onClose={() => setMaking(false)} onSecret={setSecret} />
      <SecretDialog secret={secret} onClose={() => setSecret(null)} />
    </>
  );
}
