import { Skeleton, Stack } from '@mantine/core';
import { type ReactNode, Suspense, useEffect } from 'react';

interface PageFrameProps {
  readonly title: string;
  readonly children: ReactNode;
}

/** Names the window, and holds the place while the page's own script is on its way. */
export function PageFrame({ title, children }: PageFrameProps) {
  useEffect(() => {
    document.title = `${title} · Rollcall`;
  }, [title]);
  return <Suspense fallback={<PageSkeleton />}>{children}</Suspense>;
}

function PageSkeleton() {
  return (
    <Stack component="output" aria-busy="true" aria-label="Loading">
      <Skeleton h={30} w={180} />
      <Skeleton h={110} radius="md" />
      <Skeleton h={320} radius="md" />
    </Stack>
  );
}
