import { Alert, Text } from '@mantine/core';
import { IconInfoCircle } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Navigate, useLocation, useSearchParams } from 'react-router';
import { ApiError } from '../api/problem';
import { endReasonName } from '../components/end-reasons';
import { GateLayout } from './gate-layout';
import { identityQuery, setIdentity } from './identity';
import { areaOf, safeReturnPath } from './return-path';
import type { NoRoom, SignedIn } from './sign-in';
import { SignInForm } from './sign-in-form';
import { MakeRoom } from './make-room';

/** Where somebody goes who has signed in here. */
function destination(next: string | null, role: string): string {
  const isAdmin = role === 'admin';
  if (next !== null && (isAdmin || areaOf(next) === 'account')) return next;
  return isAdmin ? '/admin' : '/account';
}

export default function SignInPage() {
  const client = useQueryClient();
  const { data: identity } = useQuery(identityQuery);
  const [params] = useSearchParams();
  const { pathname } = useLocation();
  const [noRoom, setNoRoom] = useState<NoRoom | null>(null);

  if (identity?.state === 'password-change') return <Navigate to="/account/new-password" replace />;
  if (identity?.state === 'signed-in') {
    const { role } = identity.principal.user;
    return <Navigate to={destination(safeReturnPath(params.get('next')), role)} replace />;
  }
  function enter(signedIn: SignedIn): void {
    const { user, session } = signedIn;
    setIdentity(
      client,
      session.scope === 'password'
        ? { state: 'password-change' }
        : { state: 'signed-in', principal: { user, session } },
    );
  }
  const refusal = identity?.state === 'signed-out' ? identity.refusal : null;
  if (noRoom) return <MakeRoom {...noRoom} onDone={enter} onCancel={() => setNoRoom(null)} />;
  return (
    <GateLayout title="Sign in" intro="Use your e-mail address or username.">
      {refusal && <SessionOver refusal={refusal} />}
      <SignInForm onDone={enter} onNoRoom={setNoRoom} />
      {areaOf(pathname) === 'admin' && (
        <Text size="xs" c="dimmed">
          First time here? The first start of Rollcall printed the administrator’s e-mail address and password
          in its terminal, once.
        </Text>
      )}
    </GateLayout>
  );
}

/** Why somebody who was signed in is here. */
function SessionOver({ refusal }: { readonly refusal: ApiError }) {
  const { end_reason: reason } = refusal.problem;
  return (
    <Alert icon={<IconInfoCircle size={18} />} color="yellow" title="Your session has ended">
      {reason ? `${endReasonName(reason)}. ` : ''}Sign in to go on where you were.
    </Alert>
  );
}
