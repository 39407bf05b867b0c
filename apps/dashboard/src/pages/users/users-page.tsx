import { Anchor, Button, Text } from '@mantine/core';
import { IconPlus, IconUserSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import type { Column } from '../../components/data-table';
import { EmptyState } from '../../components/empty-state';
import type { FilterField } from '../../components/filter-bar';
import { ListPanel } from '../../components/list-panel';
import { PageHeader } from '../../components/page-header';
import { Time } from '../../components/time';
import { useUrlFilters } from '../../components/url-filters';
import { NewUserDialog } from './new-user-dialog';
import { UserBadges } from './user-badges';
import { type Account, usersQuery } from './users-api';

const fields: readonly FilterField[] = [
  { kind: 'text', name: 'q', label: 'Search', placeholder: 'Name, e-mail address, id' },
  {
    kind: 'choice',
    name: 'role',
    label: 'Role',
    options: [
      { value: 'user', label: 'User' },
      { value: 'admin', label: 'Administrator' },
    ],
  },
  {
    kind: 'choice',
    name: 'state',
    label: 'State',
    options: [
      { value: 'active', label: 'Active' },
      { value: 'disabled', label: 'Disabled' },
      { value: 'locked', label: 'Waiting after failures' },
    ],
  },
];
const names = fields.map(({ name }) => name);

const columns: readonly Column<Account>[] = [
  {
    header: 'Person',
    cell: ({ id, email, full_name: name }) => (
      <div>
        <Anchor component={Link} to={`/admin/users/${id}`} size="sm" fw={600}>
          {name ?? email}
        </Anchor>
        {name !== null && (
          <Text size="xs" c="dimmed">
            {email}
          </Text>
        )}
      </div>
    ),
  },
  { header: 'Username', isSecondary: true, cell: ({ username }) => username ?? '–' },
  { header: 'State', cell: (user) => <UserBadges user={user} /> },
  { header: 'Created', isSecondary: true, cell: ({ created_at: at }) => <Time at={at} /> },
  { header: 'Last sign-in', cell: ({ last_login_at: at }) => (at === null ? 'never' : <Time at={at} />) },
];

export default function UsersPage() {
  const list = useUrlFilters(names);
  const query = useQuery(usersQuery(list.filters, list.token));
  const [isCreating, setCreating] = useState(false);
  return (
    <>
      <PageHeader title="Users" intro="Everybody who has an account, newest first.">
        <Button leftSection={<IconPlus size={16} />} onClick={() => setCreating(true)}>
          New user
        </Button>
      </PageHeader>
      <ListPanel
        label="Users"
        query={query}
        place={list}
        search={{ fields, ...list }}
        rowsOf={({ users }) => users}
        keyOf={({ id }) => id}
        columns={columns}
        empty={
          <EmptyState
            icon={IconUserSearch}
            title="Nobody found"
            text="Search takes a whole id, or how a name or an e-mail address begins."
          />
        }
      />
      {isCreating && <NewUserDialog onClose={() => setCreating(false)} />}
    </>
  );
}
