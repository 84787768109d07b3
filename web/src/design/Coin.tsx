import type { ReactNode } from 'react';
import { classes } from './classes';
import styles from './coin.module.css';

/** The states of money and of work; each has its own shape. */
export type CoinState =
  | 'locked'
  | 'waiting'
  | 'provisional'
  | 'final'
  | 'split'
  | 'disputed'
  | 'refunded'
  | 'failed'
  | 'closed'
  | 'look';

const ring = <circle cx="12" cy="12" r="9" fill="none" stroke="currentColor" strokeWidth="2" />;
const thinRing = (
  <circle cx="12" cy="12" r="9" fill="none" stroke="currentColor" strokeWidth="1.6" />
);
const line = {
  fill: 'none',
  stroke: 'currentColor',
  strokeWidth: 2,
  strokeLinecap: 'round',
  strokeLinejoin: 'round',
} as const;

const SHAPES: Record<CoinState, ReactNode> = {
  locked: (
    <>
      {thinRing}
      <circle cx="12" cy="12" r="2.2" fill="currentColor" />
    </>
  ),
  waiting: (
    <circle
      cx="12"
      cy="12"
      r="9"
      fill="none"
      stroke="currentColor"
      strokeWidth="2"
      strokeDasharray="3.4 2.255"
    />
  ),
  provisional: (
    <>
      {ring}
      <path fill="currentColor" d="M11 3a9 9 0 0 0 0 18v-5.5h4v-7h-4z" />
    </>
  ),
  final: (
    <path
      fill="currentColor"
      fillRule="evenodd"
      d="M12 2a10 10 0 1 0 0 20a10 10 0 0 0 0-20ZM6.7 12.3l1.5-1.5l2.5 2.5l5.2-5.2l1.5 1.5l-6.7 6.7z"
    />
  ),
  split: (
    <>
      <path fill="currentColor" d="M10.4 3a9 9 0 0 0 0 18v-5.5h3.4v-7h-3.4z" />
      <path fill="currentColor" d="M13 3a9 9 0 0 1 0 18v-3.7h2.6v-10.6h-2.6z" />
    </>
  ),
  disputed: (
    <>
      <path fill="currentColor" d="M10 1.5a9 9 0 0 0 0 18v-5.3h3.2v-7h-3.2z" />
      <path fill="currentColor" d="M14 4.5a9 9 0 0 1 0 18v-5.3h2.2v-6.9h-2.2z" />
    </>
  ),
  refunded: (
    <>
      {ring}
      <path {...line} d="M16.4 12H8M11.2 8.4L7.6 12l3.6 3.6" />
    </>
  ),
  failed: (
    <>
      {ring}
      <path {...line} d="M8.8 8.8l6.4 6.4M15.2 8.8l-6.4 6.4" />
    </>
  ),
  closed: (
    <>
      {thinRing}
      <path {...line} d="M8.3 12h7.4" />
    </>
  ),
  look: (
    <>
      {ring}
      <path {...line} strokeWidth={2.2} d="M12 7.4v5.2M12 16.3v.1" />
    </>
  ),
};

/** The shape of a state. Words always stand beside it, so it is hidden from screen readers. */
export function Coin(props: {
  state: CoinState;
  /** Breathes: something is being waited for right now. */
  live?: boolean | undefined;
  size?: 'small' | 'large' | 'huge' | undefined;
  className?: string | undefined;
}) {
  const { state, live, size = 'small', className } = props;
  return (
    <svg
      viewBox="0 0 24 24"
      aria-hidden="true"
      data-coin={state}
      className={classes(
        styles.coin,
        styles[state],
        size !== 'small' && styles[size],
        live && styles.live,
        className,
      )}
    >
      {SHAPES[state]}
    </svg>
  );
}

const TONES: Partial<Record<CoinState, string | undefined>> = {
  final: styles.stateFinal,
  provisional: styles.stateProvisional,
  disputed: styles.stateDisputed,
  failed: styles.stateFailed,
  refunded: styles.stateRefunded,
  look: styles.stateLook,
};

/** A coin with its words. `plain` takes the colour of what it stands on. */
export function State(props: {
  state: CoinState;
  children: ReactNode;
  live?: boolean;
  plain?: boolean;
}) {
  return (
    <span
      className={classes(styles.state, props.plain ? styles.plain : TONES[props.state])}
      data-state={props.state}
    >
      <Coin state={props.state} live={props.live} />
      {/* One box, so that a figure inside the words keeps its spaces */}
      <span>{props.children}</span>
    </span>
  );
}
