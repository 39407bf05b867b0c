import {
  IconDevices,
  IconHistory,
  IconLayoutDashboard,
  IconPlugConnected,
  IconUserCircle,
  IconUsers,
} from '@tabler/icons-react';
import type { ComponentType } from 'react';
import type { Area } from '../auth/return-path';

export interface PageEntry {
  readonly area: Area;
  /** Below the area; `''` is its first page. */
  readonly path: string;
  /** Also the title of the window. */
  readonly label: string;
  /** Shown in the navigation; a page without one is reached from another. */
  readonly icon?: ComponentType<{ size?: number; stroke?: number }>;
  readonly load: () => Promise<{ default: ComponentType }>;
}

/** Every page behind the sign-in. A new one needs a line here and nothing else. */
export const pages: readonly PageEntry[] = [
  {
    area: 'admin',
    path: '',
    label: 'Overview',
    icon: IconLayoutDashboard,
    load: () => import('../pages/overview/overview-page'),
  },
  {
    area: 'admin',
    path: 'sessions',
    label: 'Sessions',
    icon: IconPlugConnected,
    load: () => import('../pages/sessions/sessions-page'),
  },
  {
    area: 'admin',
    path: 'sessions/:id',
    label: 'Session',
    load: () => import('../pages/sessions/session-page'),
  },
  {
    area: 'admin',
    path: 'users',
    label: 'Users',
    icon: IconUsers,
    load: () => import('../pages/users/users-page'),
  },
  { area: 'admin', path: 'users/:id', label: 'User', load: () => import('../pages/users/user-page') },
  {
    area: 'account',
    path: '',
    label: 'My devices',
    icon: IconDevices,
    load: () => import('../pages/account/devices-page'),
  },
  {
    area: 'account',
    path: 'activity',
    label: 'Security events',
    icon: IconHistory,
    load: () => import('../pages/account/activity-page'),
  },
  {
    area: 'account',
    path: 'profile',
    label: 'Profile',
    icon: IconUserCircle,
    load: () => import('../pages/account/profile-page'),
  },
];

export function addressOf({ area, path }: Pick<PageEntry, 'area' | 'path'>): string {
  return path === '' ? `/${area}` : `/${area}/${path}`;
}
