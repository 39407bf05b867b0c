import { Badge, Button, Code } from '@mantine/core';
import { IconKey, IconRotate } from '@tabler/icons-react';
import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, dataOf, type Schema } from '../../api/client';
import { ConfirmDialog } from '../../components/confirm-dialog';
import { type Column, DataTable } from '../../components/data-table';
import { EmptyState } from '../../components/empty-state';
import { ErrorState } from '../../components/error-state';
import { notifyDone } from '../../components/notify';
import { PageHeader } from '../../components/page-header';
import { Panel } from '../../components/panel';
import { Time } from '../../components/time';

type Key = Schema['SigningKey'];

const keysQuery = queryOptions({
  queryKey: ['admin-keys'],
  queryFn: () => dataOf(api.GET('/api/v1/admin/keys')),
});

const states = {
  next: { label: 'Published, signs next', color: 'blue' },
  signing: { label: 'Signing', color: 'teal' },
  retired: { label: 'Retired', color: 'gray' },
  withdrawn: { label: 'Withdrawn', color: 'red' },
} as const;

function columns(onWithdraw: (key: Key) => void): readonly Column<Key>[] {
  return [
    { header: 'Key', cell: ({ kid }) => <Code title={kid}>{kid.slice(0, 12)}…</Code> },
    {
      header: 'State',
      cell: ({ state }) => (
        <Badge size="sm" variant="dot" color={states[state].color}>
          {states[state].label}
        </Badge>
      ),
    },
    { header: 'Published', cell: ({ published_at: at }) => <Time at={at} /> },
    {
      header: 'Signs from',
      isSecondary: true,
      cell: ({ signs_from: at }) => (at === null ? '–' : <Time at={at} />),
    },
    {
      header: 'Over since',
      isSecondary: true,
      cell: ({ retired_at: retired, withdrawn_at: withdrawn }) => {
        const at = withdrawn ?? retired;
        return at === null ? '–' : <Time at={at} />;
      },
    },
    {
      header: 'Actions',
      align: 'end',
      cell: (key) =>
        key.state === 'withdrawn' ? null : (
          <Button
            size="compact-xs"
            variant="default"
            onClick={() => onWithdraw(key)}
            aria-label={`Withdraw ${key.kid}`}
          >
            Withdraw…
          </Button>
        ),
    },
  ];
}

export default function KeysPage() {
  const { data, error, refetch } = useQuery(keysQuery);
  const client = useQueryClient();
  const [asking, setAsking] = useState<Key | 'rotate' | null>(null);
  const withdrawing = asking === 'rotate' ? null : asking;

  async function rotate(reason: string | undefined): Promise<void> {
    client.setQueryData(
      keysQuery.queryKey,
      await dataOf(api.POST('/api/v1/admin/keys/rotate', { body: { reason } })),
    );
    notifyDone('The successor signs now', 'Tokens of the key before stay good.');
  }

  async function withdraw(reason: string | undefined): Promise<void> {
    if (!withdrawing) return;
    const params = { path: { kid: withdrawing.kid } };
    const reply = api.POST('/api/v1/admin/keys/{kid}/withdraw', { params, body: { reason } });
    client.setQueryData(keysQuery.queryKey, await dataOf(reply));
    notifyDone('The key is withdrawn', 'People refresh their tokens and notice nothing.');
  }

  return (
    <>
      <PageHeader
        title="Keys"
        intro="What signs access tokens. Rotation happens by itself; do it here to be early."
      >
        <Button leftSection={<IconRotate size={16} stroke={1.7} />} onClick={() => setAsking('rotate')}>
          Rotate now
        </Button>
      </PageHeader>
      {error ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : (
        <Panel isFlush>
          <DataTable
            label="Signing keys"
            columns={columns(setAsking)}
            rows={data?.keys}
            keyOf={({ kid }) => kid}
            empty={
              <EmptyState icon={IconKey} title="No key yet" text="The first one is made at the start." />
            }
          />
        </Panel>
      )}
      <ConfirmDialog
        title="Rotate the signing key?"
        confirmLabel="Rotate"
        color="brand"
        hasReason
        isOpen={asking === 'rotate'}
        onClose={() => setAsking(null)}
        onConfirm={rotate}
      >
        The successor, which is published already, signs from now on. Nobody is signed out.
      </ConfirmDialog>
      <ConfirmDialog
        title="Withdraw this key?"
        confirmLabel="Withdraw"
        hasReason
        isOpen={withdrawing !== null}
        onClose={() => setAsking(null)}
        onConfirm={withdraw}
      >
        For a key that somebody else may have. Every token it has signed is refused within a second or so, on
        every instance; people refresh and go on. This cannot be undone.
      </ConfirmDialog>
    </>
  );
}
