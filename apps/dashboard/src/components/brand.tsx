import { Group, Text } from '@mantine/core';
import mark from '../assets/mark.svg';

export function Brand({ size = 26 }: { readonly size?: number }) {
  return (
    <Group gap={10} wrap="nowrap">
      <img src={mark} width={size} height={size} alt="" />
      <Text fw={700} fz={size * 0.66} lts="-0.01em" component="span">
        Rollcall
      </Text>
    </Group>
  );
}
