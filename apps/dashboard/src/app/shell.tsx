import { AppShell, Box, Burger, Group } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { Navigate, Outlet, ScrollRestoration, useLocation } from 'react-router';
import { identityQuery } from '../auth/identity';
import { areaOf, signInPath } from '../auth/return-path';
import { StepUpDialog } from '../auth/step-up-dialog';
import { Brand } from '../components/brand';
import { ErrorState } from '../components/error-state';
import { ForbiddenPage } from './fallback-pages';
import { Navigation } from './navigation';
import classes from './shell.module.css';

/** Everything behind the sign-in: who is not signed in is sent there, and comes back to the same link. */
export function Shell() {
  const { data: identity, error, refetch } = useQuery(identityQuery);
  const location = useLocation();
  const [isOpen, menu] = useDisclosure(false);
  const { close } = menu;
  useEffect(close, [location.pathname, close]);

  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!identity) return null;
  if (identity.state === 'signed-out') return <Navigate to={signInPath(location)} replace />;
  if (identity.state === 'password-change') return <Navigate to="/account/new-password" replace />;

  const { principal } = identity;
  const isForbidden = areaOf(location.pathname) === 'admin' && principal.user.role !== 'admin';
  return (
    <AppShell
      header={{ height: { base: 56, sm: 0 } }}
      navbar={{ width: 236, breakpoint: 'sm', collapsed: { mobile: !isOpen } }}
      padding={{ base: 'md', sm: 'xl' }}
    >
      <a href="#page" className={classes.skip}>
        Skip to the page
      </a>
      <AppShell.Header hiddenFrom="sm" className={classes.header}>
        <Group h="100%" px="md" justify="space-between">
          <Brand />
          <Burger opened={isOpen} onClick={menu.toggle} aria-label="Menu" aria-expanded={isOpen} size="sm" />
        </Group>
      </AppShell.Header>
      <AppShell.Navbar className={classes.navbar}>
        <Navigation principal={principal} />
      </AppShell.Navbar>
      <AppShell.Main id="page" tabIndex={-1} className={classes.main}>
        <Box maw={1280} mx="auto">
          {isForbidden ? <ForbiddenPage /> : <Outlet />}
        </Box>
      </AppShell.Main>
      <StepUpDialog />
      <ScrollRestoration />
    </AppShell>
  );
}
