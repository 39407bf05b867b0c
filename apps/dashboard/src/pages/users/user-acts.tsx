import { Button, Menu } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ConfirmDialog } from '../../components/confirm-dialog';
import { notifyDone } from '../../components/notify';
import { type AccountDetail, actOnUser, type UserAct } from './users-api';

interface ActText {
  readonly label: string;
  readonly done: string;
  /** What will happen. */
  readonly text: (sessions: string) => string;
  readonly isDangerous: boolean;
}

const texts: Record<UserAct, ActText> = {
  'sign-out': {
    label: 'End all sessions',
    done: 'All sessions are ended',
    text: (sessions) => `${sessions} will end at once. Signing in again is possible.`,
    isDangerous: true,
  },
  'require-password-change': {
    label: 'Require another password',
    done: 'Another password is required',
    text: (sessions) =>
      `${sessions} will end, and after signing in nothing works before another password is chosen.`,
    isDangerous: true,
  },
  disable: {
    label: 'Disable account',
    done: 'The account is disabled',
    text: (sessions) => `${sessions} will end, and nobody can sign in to this account until it is enabled.`,
    isDangerous: true,
  },
  enable: {
    label: 'Enable account',
    done: 'The account is enabled',
    text: () => 'Signing in works again. Sessions that have ended stay ended.',
    isDangerous: false,
  },
  unlock: {
    label: 'End waits after failures',
    done: 'All waits are ended',
    text: () => 'The next attempt to sign in is heard at once, from wherever it comes.',
    isDangerous: false,
  },
  promote: {
    label: 'Make administrator',
    done: 'Now an administrator',
    text: () => 'May then see and end every session, and change every account, after signing in anew.',
    isDangerous: true,
  },
  demote: {
    label: 'Take the role of administrator',
    done: 'An administrator no longer',
    text: () => 'The next request to this part of Rollcall is refused.',
    isDangerous: true,
  },
};

/** What can be done with an account as it is. */
function actsOn(user: AccountDetail): readonly UserAct[] {
  const usual: readonly UserAct[] = ['sign-out', 'require-password-change'];
  const role = user.role === 'admin' ? 'demote' : 'promote';
  const lock = user.locked_until === null ? [] : (['unlock'] as const);
  return user.state === 'disabled' ? ['enable', role] : [...usual, ...lock, role, 'disable'];
}

export function UserActs({ user }: { readonly user: AccountDetail }) {
  const client = useQueryClient();
  const [act, setAct] = useState<UserAct | null>(null);
  const count = user.live_sessions;
  const sessions = count === 1 ? 'One live session' : `${count} live sessions`;

  async function carryOut(reason: string | undefined): Promise<void> {
    if (act === null) return;
    await actOnUser(user.id, act, reason);
    notifyDone(texts[act].done);
    await client.invalidateQueries({ queryKey: ['admin-user', user.id] });
    await client.invalidateQueries({ queryKey: ['admin-users'] });
  }

  return (
    <>
      <Menu position="bottom-end" width={240}>
        <Menu.Target>
          <Button variant="default" rightSection={<IconChevronDown size={14} />}>
            Actions
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {actsOn(user).map((each) => (
            <Menu.Item key={each} onClick={() => setAct(each)}>
              {texts[each].label}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      {act !== null && (
        <ConfirmDialog
          title={`${texts[act].label}?`}
          confirmLabel={texts[act].label}
          color={texts[act].isDangerous ? 'red.8' : 'brand'}
          hasReason
          isOpen
          onClose={() => setAct(null)}
          onConfirm={carryOut}
        >
          <strong>{user.full_name ?? user.email}.</strong> {texts[act].text(sessions)}
        </ConfirmDialog>
      )}
    </>
  );
}
