import type { ReactNode } from 'react';
import { classes } from './classes';
import styles from './facts.module.css';

/** Label and figure, row by row. */
export function Facts(props: { children: ReactNode; size?: 'small' | 'normal' | 'big' }) {
  const { size = 'normal' } = props;
  return (
    <dl className={classes(styles.facts, size !== 'normal' && styles[size])}>{props.children}</dl>
  );
}

/** One row. `sum` draws the double rule: only for a sum that has been checked. */
export function Fact(props: { name: ReactNode; children: ReactNode; sum?: boolean }) {
  return (
    <div className={classes(styles.row, props.sum && styles.sum)}>
      <dt>{props.name}</dt>
      <dd>{props.children}</dd>
    </div>
  );
}
