import { Checkbox, Skeleton } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './data-table.module.css';

export interface Column<Row> {
  readonly header: string;
  readonly cell: (row: Row) => ReactNode;
  /** Left out on small screens. */
  readonly isSecondary?: boolean;
  readonly align?: 'end';
}

interface DataTableProps<Row> {
  /** What the rows are, for those who hear the table. */
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  /** Undefined while they are on their way. */
  readonly rows: readonly Row[] | undefined;
  readonly keyOf: (row: Row) => string;
  /** Instead of a table without rows. */
  readonly empty: ReactNode;
  readonly selection?: Selection<Row>;
}

export interface Selection<Row> {
  readonly chosen: ReadonlySet<string>;
  readonly onChange: (chosen: ReadonlySet<string>) => void;
  /** What a row is called. */
  readonly nameOf: (row: Row) => string;
  readonly canChoose?: (row: Row) => boolean;
}

const placeholders = Array.from({ length: 8 }, (_, index) => index);

/** A table that becomes a list of cards on small screens. */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { label, columns, rows, keyOf, empty, selection } = props;
  if (rows?.length === 0) return empty;
  return (
    <div className={classes.scroll}>
      <table className={classes.table} aria-label={label} aria-busy={rows === undefined}>
        <thead>
          <tr>
            {selection && (
              <th className={classes.check}>{rows && <ChooseAll {...{ rows, keyOf, selection }} />}</th>
            )}
            {columns.map(({ header, align, isSecondary }) => (
              <th key={header} scope="col" data-align={align} data-secondary={isSecondary}>
                {header}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows?.map((row) => (
            <tr key={keyOf(row)} data-chosen={selection?.chosen.has(keyOf(row)) || undefined}>
              {selection && (
                <td className={classes.check}>
                  <Choose {...{ row, keyOf, selection }} />
                </td>
              )}
              {columns.map(({ header, cell, align, isSecondary }) => (
                <td key={header} data-label={header} data-align={align} data-secondary={isSecondary}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
          {!rows &&
            placeholders.map((row) => (
              <tr key={row}>
                {selection && <td className={classes.check}> </td>}
                {columns.map(({ header, isSecondary }) => (
                  <td key={header} data-secondary={isSecondary}>
                    <Skeleton h={12} w="70%" my={6} />
                  </td>
                ))}
              </tr>
            ))}
        </tbody>
      </table>
    </div>
  );
}

interface ChooseProps<Row> {
  readonly keyOf: (row: Row) => string;
  readonly selection: Selection<Row>;
}

function Choose<Row>({ row, keyOf, selection }: ChooseProps<Row> & { readonly row: Row }) {
  const key = keyOf(row);
  const { chosen, onChange, nameOf, canChoose } = selection;
  if (canChoose && !canChoose(row)) return null;
  function toggle(): void {
    const next = new Set(chosen);
    if (!next.delete(key)) next.add(key);
    onChange(next);
  }
  return (
    <Checkbox size="xs" checked={chosen.has(key)} onChange={toggle} aria-label={`Choose ${nameOf(row)}`} />
  );
}

function ChooseAll<Row>({ rows, keyOf, selection }: ChooseProps<Row> & { readonly rows: readonly Row[] }) {
  const { chosen, onChange, canChoose } = selection;
  const keys = rows.filter((row) => !canChoose || canChoose(row)).map(keyOf);
  const isAll = keys.length > 0 && keys.every((key) => chosen.has(key));
  return (
    <Checkbox
      size="xs"
      checked={isAll}
      indeterminate={!isAll && chosen.size > 0}
      onChange={() => onChange(new Set(isAll ? [] : keys))}
      aria-label="Choose all of this page"
    />
  );
}
