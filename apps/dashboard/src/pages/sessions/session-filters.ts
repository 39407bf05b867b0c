import { useState } from 'react';
import type { FilterField } from '../../components/filter-bar';
import { endReasonName, endReasons } from '../../components/end-reasons';
import type { Filters } from '../../components/url-filters';

const choices = (...values: string[]) =>
  values.map((value) => ({ value, label: value.charAt(0).toUpperCase() + value.slice(1) }));

const usual: readonly FilterField[] = [
  { kind: 'choice', name: 'state', label: 'State', options: choices('live', 'ended', 'expired') },
  { kind: 'text', name: 'email', label: 'E-mail address', placeholder: 'ann@example.com' },
  { kind: 'text', name: 'network', label: 'Address or network', placeholder: '203.0.113.0/24' },
  { kind: 'text', name: 'browser', label: 'Browser', placeholder: 'Firefox' },
  { kind: 'text', name: 'os', label: 'System', placeholder: 'Windows' },
];

const more: readonly FilterField[] = [
  {
    kind: 'choice',
    name: 'device_kind',
    label: 'Device',
    options: choices('desktop', 'mobile', 'tablet', 'tv', 'bot', 'other'),
  },
  {
    kind: 'choice',
    name: 'profile',
    label: 'Profile',
    options: choices('standard', 'strict', 'admin', 'remember'),
  },
  {
    kind: 'choice',
    name: 'reason',
    label: 'Ended because',
    options: endReasons.map((value) => ({ value, label: endReasonName(value) })),
  },
  { kind: 'time', name: 'created_after', label: 'Signed in after' },
  { kind: 'time', name: 'created_before', label: 'Signed in before' },
  { kind: 'time', name: 'seen_after', label: 'Used after' },
  { kind: 'time', name: 'seen_before', label: 'Used before' },
  { kind: 'text', name: 'user_id', label: 'User id' },
];

export const filterNames = [...usual, ...more].map(({ name }) => name);

/** The fields to show: the rarer ones when asked for, or when one of them is set. */
export function useSessionFields(filters: Filters) {
  const [isOpen, setOpen] = useState(false);
  const isNeeded = more.some(({ name }) => filters[name] !== undefined);
  const hasMore = isOpen || isNeeded;
  return {
    fields: hasMore ? [...usual, ...more] : usual,
    hasMore,
    toggle: isNeeded ? null : () => setOpen(!isOpen),
  };
}

/** Live sessions are ended; the other two filters ask for what is over. */
export function toBulkFilter({ state: _state, reason: _reason, ...filter }: Filters): Filters {
  return filter;
}
