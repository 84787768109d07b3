import { type ReactNode, useId } from 'react';
import { classes } from './classes';
import styles from './ledger.module.css';

export interface Column<Row> {
  key: string;
  /** The head of the column. */
  name: ReactNode;
  cell: (row: Row) => ReactNode;
  /** A figure: at the end, never broken. */
  num?: boolean;
  /** Names the row for screen readers; one column of a table. */
  rowHead?: boolean;
  /**
   * How the cell stands when rows fold into two lines on a phone: on its own line with its name
   * (`wide`), at the end, at the start, in the first row at the end (`top`), or not at all.
   */
  fold?: 'wide' | 'end' | 'start' | 'top' | 'gone';
  /** What stands before a `wide` cell that has lost its head, with its colon. */
  label?: string;
}

/**
 * A ledger table. On a phone it folds into rows of two lines; with `scroll` it stays a table and
 * scrolls sideways.
 */
export function Ledger<Row>(props: {
  caption: string;
  columns: Column<Row>[];
  rows: Row[];
  rowKey: (row: Row) => string;
  /** A last row closed by a double rule: only for a sum that has been checked. */
  total?: Row;
  dense?: boolean;
  scroll?: boolean;
}) {
  const id = useId();
  const line = (row: Row, key: string, total = false) => (
    <tr key={key} className={total ? styles.total : undefined}>
      {props.columns.map((column) => {
        const Cell = column.rowHead ? 'th' : 'td';
        return (
          <Cell
            key={column.key}
            scope={column.rowHead ? 'row' : undefined}
            data-label={column.label}
            className={classes(
              column.num && styles.num,
              column.fold === 'wide' && styles.wide,
              column.fold === 'end' && styles.foldEnd,
              column.fold === 'start' && styles.foldStart,
              column.fold === 'top' && styles.top,
              column.fold === 'gone' && styles.onlyWide,
            )}
          >
            {column.cell(row)}
          </Cell>
        );
      })}
    </tr>
  );
  const table = (
    <table
      className={classes(styles.ledger, !props.scroll && styles.fold, props.dense && styles.dense)}
    >
      <caption className="vh" id={id}>
        {props.caption}
      </caption>
      <thead>
        <tr>
          {props.columns.map((column) => (
            <th key={column.key} scope="col" className={column.num ? styles.num : undefined}>
              {column.name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {props.rows.map((row) => line(row, props.rowKey(row)))}
        {props.total !== undefined && line(props.total, 'total', true)}
      </tbody>
    </table>
  );
  if (!props.scroll) return table;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <section className={styles.scroll} aria-labelledby={id} tabIndex={0}>
      {table}
    </section>
  );
}

/** Small words under the first ones of a cell. */
export function Sub(props: { children: ReactNode }) {
  return <span className={styles.sub}>{props.children}</span>;
}
