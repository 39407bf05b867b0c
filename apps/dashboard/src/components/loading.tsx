import { Box, Skeleton } from '@mantine/core';

/** In the place of a page whose subject is still being fetched. */
export function Loading() {
  return (
    <Box component="output" display="block" aria-label="Loading">
      <Skeleton h={320} radius="lg" />
    </Box>
  );
}
