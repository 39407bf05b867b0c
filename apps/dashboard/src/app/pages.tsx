import {
  IconActivity,
  IconDevices,
  IconGauge,
  IconHistory,
  IconKey,
  IconLayoutDashboard,
  IconListDetails,
  IconPlugConnected,
  IconUserCircle,
  IconUsers,
  IconWebhook,
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
    area: 'admin',
    path: 'live',
    label: 'Live',
    icon: IconActivity,
    load: () => import('../pages/live/live-page'),
  },
  {
    area: 'admin',
    path: 'audit',
    label: 'Audit',
    icon: IconListDetails,
    load: () => import('../pages/audit/audit-page'),
  },
  {
    area: 'admin',
    path: 'webhooks',
    label: 'Webhooks',
    icon: IconWebhook,
    load: () => import('../pages/webhooks/webhooks-page'),
  },
  {
    area: 'admin',
    path: 'webhooks/:id',
    label: 'Webhook',
    load: () => import('../pages/webhooks/webhook-page'),
  },
  {
    area: 'admin',
    path: 'limits',
    label: 'Rate limits',
    icon: IconGauge,
    load: () => import('../pages/limits/limits-page'),
  },
  {
    area: 'admin',
    path: 'keys',
    label: 'Keys',
    icon: IconKey,
    load: () => import('../pages/keys/keys-page'),
  },
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
