import { AppShell, Box, NavLink, ScrollArea, Text } from '@mantine/core';
import { Link, useLocation } from 'react-router';
import type { Principal } from '../auth/identity';
import type { Area } from '../auth/return-path';
import { Brand } from '../components/brand';
import classes from './navigation.module.css';
import { addressOf, pages } from './pages';
import { PersonMenu } from './person-menu';

const headings: Record<Area, string> = { admin: 'Administration', account: 'You' };

export function Navigation({ principal }: { readonly principal: Principal }) {
  const areas: readonly Area[] = principal.user.role === 'admin' ? ['admin', 'account'] : ['account'];
  return (
    <>
      <AppShell.Section p="md" pb="xs" visibleFrom="sm">
        <Brand />
      </AppShell.Section>
      <AppShell.Section grow component={ScrollArea} px="sm">
        <nav aria-label="Pages">
          {areas.map((area) => (
            <Box key={area} mt="md">
              <Text className={classes.heading}>{headings[area]}</Text>
              <Links area={area} />
            </Box>
          ))}
        </nav>
      </AppShell.Section>
      <AppShell.Section p="sm" className={classes.foot}>
        <PersonMenu user={principal.user} />
      </AppShell.Section>
    </>
  );
}

function Links({ area }: { readonly area: Area }) {
  const { pathname } = useLocation();
  return pages.map((page) => {
    const { icon: Icon, label } = page;
    if (page.area !== area || !Icon) return null;
    const address = addressOf(page);
    const isCurrent = pathname === address || (page.path !== '' && pathname.startsWith(`${address}/`));
    return (
      <NavLink
        key={address}
        component={Link}
        to={address}
        label={label}
        active={isCurrent}
        aria-current={isCurrent ? 'page' : undefined}
        leftSection={<Icon size={18} stroke={1.7} />}
        className={classes.link}
      />
    );
  });
}
