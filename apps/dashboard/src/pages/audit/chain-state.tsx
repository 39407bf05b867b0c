import { Alert, Code } from '@mantine/core';
import { IconAlertTriangle, IconLink, IconShieldCheck } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Time } from '../../components/time';
import { verificationQuery } from './audit-api';

/** What the last verification of the hash chain has said. */
export function ChainState() {
  const { data } = useQuery(verificationQuery);
  if (!data) return null;
  const { length, head, last_verification: last } = data;
  if (last === null)
    return (
      <Alert color="gray" variant="light" icon={<IconLink size={18} />} mb="md" title="Not verified yet">
        {length.toLocaleString()} records are linked by their hashes. The command <Code>audit verify</Code>{' '}
        reads them all; keep the hash of the last one elsewhere:{' '}
        <Code title={head}>{head.slice(0, 16)}…</Code>
      </Alert>
    );
  if (last.whole)
    return (
      <Alert
        color="teal"
        variant="light"
        icon={<IconShieldCheck size={18} />}
        mb="md"
        title="The chain is whole"
      >
        {last.checked.toLocaleString()} records were verified <Time at={last.at} />.
      </Alert>
    );
  const seq = last.finding?.seq ?? null;
  return (
    <Alert
      color="red"
      icon={<IconAlertTriangle size={18} />}
      mb="md"
      title="The chain is broken"
      role="alert"
    >
      {last.finding?.text ?? 'A record is not what it was.'} Found <Time at={last.at} />
      {seq !== null && `, at record ${seq}`}.
    </Alert>
  );
}
