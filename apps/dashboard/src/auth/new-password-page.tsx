import { Alert, Button } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Navigate } from 'react-router';
import { api } from '../api/client';
import { PasswordForm } from '../components/password-form';
import { GateLayout } from './gate-layout';
import { identityQuery, setIdentity } from './identity';
import { signOut } from './sign-out';

/** For somebody whom an administrator has asked for another password: nothing else works before. */
export default function NewPasswordPage() {
  const client = useQueryClient();
  const { data: identity } = useQuery(identityQuery);
  if (identity?.state === 'signed-out') return <Navigate to="/account/sign-in" replace />;
  if (identity?.state === 'signed-in') {
    const isAdmin = identity.principal.user.role === 'admin';
    return <Navigate to={isAdmin ? '/admin' : '/account'} replace />;
  }
  async function change(current: string, next: string): Promise<void> {
    const body = { current_password: current, new_password: next };
    const { data } = await api.PUT('/api/v1/auth/profile/password', { body });
    if (!data) throw new Error('a reply without a body');
    const { user, session } = data.data;
    setIdentity(client, { state: 'signed-in', principal: { user, session } });
  }
  return (
    <GateLayout
      title="Choose a new password"
      intro="An administrator has asked you to, before anything else."
    >
      <Alert color="yellow">Every other device that is signed in as you will be signed out.</Alert>
      <PasswordForm onChange={change} submitLabel="Save and go on" />
      <Button variant="subtle" onClick={() => void signOut(client)}>
        Sign out instead
      </Button>
    </GateLayout>
  );
}
