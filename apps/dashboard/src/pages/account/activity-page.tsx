import { Button, Group, Skeleton, Stack } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { api, dataOf } from '../../api/client';
import { EmptyState } from '../../components/empty-state';
import { ErrorState } from '../../components/error-state';
import { EventList } from '../../components/event-list';
import { PageHeader } from '../../components/page-header';
import { Panel } from '../../components/panel';

/** What happened to the own account, newest first. */
export default function ActivityPage() {
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ['own-events'],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) => {
      const query = { page_token: pageParam ?? undefined };
      return dataOf(api.GET('/api/v1/sessions/events', { params: { query } }));
    },
    getNextPageParam: (page) => page.next_page_token,
  });
  const events = data?.pages.flatMap((page) => page.events);
  return (
    <>
      <PageHeader
        title="Security events"
        intro="What happened to your account. Change your password if it was not you."
      />
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      <Stack>
        {!error && (
          <Panel isFlush>
            {!events && <Skeleton h={220} />}
            {events?.length === 0 && <EmptyState title="Nothing yet" />}
            {events && events.length > 0 && <EventList events={events} />}
          </Panel>
        )}
        {hasNextPage && (
          <Group justify="center">
            <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
              Show older ones
            </Button>
          </Group>
        )}
      </Stack>
    </>
  );
}
