import { ThemeIcon } from '@mantine/core';
import {
  IconDeviceDesktop,
  IconDeviceMobile,
  IconDeviceTablet,
  IconDeviceTv,
  IconDeviceUnknown,
  IconRobot,
} from '@tabler/icons-react';
import type { Schema } from '../api/client';

type Device = Schema['Session']['device'];

const icons = {
  desktop: IconDeviceDesktop,
  mobile: IconDeviceMobile,
  tablet: IconDeviceTablet,
  tv: IconDeviceTv,
  bot: IconRobot,
  other: IconDeviceUnknown,
} as const;

/** "Firefox on Linux"; what is unknown is left out. */
export function deviceName({ browser, os, kind }: Device): string {
  if (browser !== null && os !== null) return `${browser} on ${os}`;
  return browser ?? os ?? (kind === 'other' ? 'Unknown device' : `Unknown ${kind}`);
}

export function DeviceIcon({ kind, size = 38 }: { readonly kind: Device['kind']; readonly size?: number }) {
  const Icon = icons[kind];
  return (
    <ThemeIcon variant="light" color="gray" size={size} radius="md" aria-hidden>
      <Icon size={size * 0.56} stroke={1.6} />
    </ThemeIcon>
  );
}
