import { Skeleton, Stack } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { api } from '../../api/client';
import { setIdentity } from '../../auth/identity';
import { ErrorState } from '../../components/error-state';
import { notifyDone } from '../../components/notify';
import { PageHeader } from '../../components/page-header';
import { Panel } from '../../components/panel';
import { PasswordForm } from '../../components/password-form';
import { AvatarField } from './avatar-field';
import { ProfileForm } from './profile-form';
import { profileQuery } from './profile-api';

export default function ProfilePage() {
  const client = useQueryClient();
  const { data: profile, error, refetch } = useQuery(profileQuery);

  async function changePassword(current: string, next: string): Promise<void> {
    const body = { current_password: current, new_password: next };
    const { data } = await api.PUT('/api/v1/auth/profile/password', { body });
    if (!data) throw new Error('a reply without a body');
    const { user, session } = data.data;
    setIdentity(client, { state: 'signed-in', principal: { user, session } });
    await client.invalidateQueries({ queryKey: ['own-sessions'] });
    notifyDone('Password changed', 'Every other device is signed out.');
  }

  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  return (
    <>
      <PageHeader title="Profile" intro="How others see you, and how you sign in." />
      <Stack maw={640}>
        <Panel title="Picture">{profile ? <AvatarField profile={profile} /> : <Skeleton h={72} />}</Panel>
        <Panel title="Account">
          {profile ? <ProfileForm key={profile.id} profile={profile} /> : <Skeleton h={200} />}
        </Panel>
        <Panel title="Password">
          <PasswordForm onChange={changePassword} submitLabel="Change password" />
        </Panel>
      </Stack>
    </>
  );
}
