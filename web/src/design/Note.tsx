import type { ReactNode } from 'react';
import { Coin, type CoinState } from './Coin';
import { classes } from './classes';
import styles from './note.module.css';

/** A notice: a coin, words, and what to do. `act` puts the actions at its end on wide screens. */
export function Note(props: {
  state: CoinState;
  live?: boolean;
  title: ReactNode;
  level?: 'h2' | 'h3' | 'h4';
  children?: ReactNode;
  actions?: ReactNode;
  act?: boolean;
  /** Said aloud at once: for what went wrong. */
  alert?: boolean;
}) {
  const Title = props.level ?? 'h3';
  return (
    <div
      className={classes(styles.note, styles[props.state], props.act && styles.act)}
      role={props.alert ? 'alert' : undefined}
    >
      <Coin state={props.state} live={props.live} className={styles.coin} />
      <Title className={styles.title}>{props.title}</Title>
      {props.children && <div className={styles.body}>{props.children}</div>}
      {props.actions && <div className={styles.actions}>{props.actions}</div>}
    </div>
  );
}
