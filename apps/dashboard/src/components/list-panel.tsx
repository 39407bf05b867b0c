import { Group } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { type Column, DataTable, type Selection } from './data-table';
import { ErrorState } from './error-state';
import { FilterBar, type FilterField } from './filter-bar';
import { Pager } from './pager';
import { Panel } from './panel';
import type { Filters } from './url-filters';

/** A page of a list, as the API answers. */
interface Page {
  readonly count: number;
  readonly next_page_token: string | null;
}

/** What is asked for, wherever it is kept. */
interface Place {
  readonly isFirst: boolean;
  readonly next: (token: string) => void;
  readonly previous: () => void;
}

interface ListPanelProps<P extends Page, Row> {
  readonly title?: string;
  /** What the rows are, for those who hear the table. */
  readonly label: string;
  readonly query: UseQueryResult<P>;
  readonly place: Place;
  readonly search?: {
    readonly fields: readonly FilterField[];
    readonly filters: Filters;
    readonly change: (changes: Filters) => void;
    readonly clear: () => void;
    /** Below the fields. */
    readonly more?: ReactNode;
  };
  readonly rowsOf: (page: P) => readonly Row[];
  readonly keyOf: (row: Row) => string;
  readonly columns: readonly Column<Row>[];
  /** Instead of a table without rows. */
  readonly empty: ReactNode;
  readonly selection?: Selection<Row>;
}

/** A list of any length: filters, a page of it, forth and back, and what went wrong instead. */
export function ListPanel<P extends Page, Row>(props: ListPanelProps<P, Row>) {
  const { title, label, query, place, search, rowsOf, keyOf, columns, empty, selection } = props;
  const { data, error, refetch, isPlaceholderData } = query;
  return (
    <Panel title={title} isFlush>
      {search && (
        <FilterBar
          fields={search.fields}
          filters={search.filters}
          onChange={search.change}
          onClear={search.clear}
        />
      )}
      {search?.more}
      {error ? (
        <Group p="lg">
          <ErrorState error={error} onRetry={() => void refetch()} />
        </Group>
      ) : (
        <div style={{ opacity: isPlaceholderData ? 0.6 : 1 }}>
          <DataTable
            label={label}
            columns={columns}
            rows={data && rowsOf(data)}
            keyOf={keyOf}
            empty={empty}
            {...(selection && { selection })}
          />
        </div>
      )}
      <Pager
        shown={data ? `${data.count} shown` : 'Loading…'}
        isFirst={place.isFirst}
        next={data?.next_page_token ?? null}
        onPrevious={place.previous}
        onNext={place.next}
      />
    </Panel>
  );
}
