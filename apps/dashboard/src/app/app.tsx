import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from 'react-router';
import { ApiError } from '../api/problem';
import { connectPage } from '../api/transport';
import { setIdentity } from '../auth/identity';
import { proveAgain } from '../auth/prove-again';
import { nonce } from './nonce';
import { router } from './router';
import { cssVariables, theme } from './theme';

/** Asking again helps only where nobody could answer. */
function mayRetry(failures: number, error: unknown): boolean {
  return failures < 2 && error instanceof ApiError && error.isUnavailable;
}

const client = new QueryClient({
  defaultOptions: { queries: { retry: mayRetry, staleTime: 10_000, refetchOnWindowFocus: true } },
});

connectPage({
  signedOut: (refusal) =>
    setIdentity(client, {
      state: 'signed-out',
      refusal: refusal.code === 'UNAUTHENTICATED' ? null : refusal,
    }),
  passwordChangeRequired: () => setIdentity(client, { state: 'password-change' }),
  proveAgain,
});

export function App() {
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariables}
      defaultColorScheme="auto"
      getStyleNonce={() => nonce}
    >
      <QueryClientProvider client={client}>
        <RouterProvider router={router} />
        <Notifications position="bottom-right" />
      </QueryClientProvider>
    </MantineProvider>
  );
}
