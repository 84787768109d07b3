import { useLingui as useMacro } from '@lingui/react/macro';
import { type ReactNode, useEffect, useId, useState } from 'react';
import { Link } from 'react-router';
import { Coin, type CoinState } from './Coin';
import { classes } from './classes';
import styles from './layout.module.css';

/** The title of the browser's tab while a page is shown. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Earnest`;
  }, [title]);
}

/** The head of a page: where one is, its title, one sentence, what one can do. */
export function Head(props: {
  title: ReactNode;
  /** For the tab of the browser, when `title` is more than words. */
  tab?: string;
  lead?: ReactNode;
  /** From the nearest to the farthest page above: leads back. */
  crumbs?: { to: string; name: ReactNode }[];
  children?: ReactNode;
}) {
  useTitle(props.tab ?? (typeof props.title === 'string' ? props.title : 'Earnest'));
  return (
    <div className={styles.head}>
      {props.crumbs && (
        <p className={styles.crumb}>
          {props.crumbs.map((crumb) => (
            <Link key={crumb.to} to={crumb.to}>
              {crumb.name}
            </Link>
          ))}
        </p>
      )}
      <div className={styles.headRow}>
        <h1 tabIndex={-1}>
          {typeof props.title === 'string' ? <bdi>{props.title}</bdi> : props.title}
        </h1>
        {props.children && <div className={styles.headEnd}>{props.children}</div>}
      </div>
      {props.lead && <p className={styles.lead}>{props.lead}</p>}
    </div>
  );
}

/** Things one below the other. */
export function Stack(props: {
  children: ReactNode;
  gap?: 'tight' | 'normal' | 'loose';
  className?: string;
}) {
  const { gap = 'normal' } = props;
  return (
    <div className={classes(styles.stack, gap !== 'normal' && styles[gap], props.className)}>
      {props.children}
    </div>
  );
}

/** A section under a heavy rule, named by its title. */
export function Section(props: {
  title: ReactNode;
  /** Beside the title: a state, a small action. */
  aside?: ReactNode;
  id?: string;
  children: ReactNode;
  live?: boolean;
}) {
  const made = useId();
  const id = props.id ?? made;
  return (
    <section className={styles.section} aria-labelledby={`${id}-h`} id={props.id}>
      <div className={styles.sectionHead}>
        <h2 id={`${id}-h`}>{props.title}</h2>
        {props.aside}
      </div>
      {props.children}
    </section>
  );
}

/** A sheet of paper laid on the page. */
export function Sheet(props: { children: ReactNode; className?: string; live?: boolean }) {
  return (
    <div
      className={classes(styles.sheet, props.className)}
      aria-live={props.live ? 'polite' : undefined}
    >
      {props.children}
    </div>
  );
}

/** Two columns from 960 px on: a main one and an aside, or two even ones. */
export function Two(props: { children: ReactNode; even?: boolean }) {
  return <div className={classes(styles.two, props.even && styles.even)}>{props.children}</div>;
}

export const stickClass = styles.stick ?? '';

/** Figures under their labels, side by side; `label` names them together. */
export function Figures(props: { children: ReactNode; label?: string; className?: string }) {
  const shown = classes(styles.figures, props.className);
  if (!props.label) return <div className={shown}>{props.children}</div>;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for controls, and there are none
    <div className={shown} role="group" aria-label={props.label}>
      {props.children}
    </div>
  );
}

export function Figure(props: { label: ReactNode; children: ReactNode; note?: ReactNode }) {
  return (
    <p>
      <span className={styles.figureLabel}>{props.label}</span>
      <span className={styles.figureValue}>{props.children}</span>
      {props.note && <span className={styles.figureNote}>{props.note}</span>}
    </p>
  );
}

/** A bar whose label says its figure. `of` and `part` are whole numbers. */
export function Meter(props: {
  part: number;
  of: number;
  label: string;
  tone?: 'pine' | 'brass' | 'rest';
  thin?: boolean;
}) {
  const share = props.of > 0 ? Math.min(1, props.part / props.of) : 0;
  return (
    <svg
      className={classes(
        styles.meter,
        props.tone === 'brass' && styles.meterBrass,
        props.tone === 'rest' && styles.meterRest,
        props.thin && styles.meterThin,
      )}
      role="img"
      aria-label={props.label}
    >
      <rect width={`${share * 100}%`} height="100%" />
    </svg>
  );
}

/** An address, short unless it must be compared letter by letter. */
export function Address(props: { of: string; whole?: boolean }) {
  return (
    <span
      className={classes(styles.address, props.whole && styles.addressWhole)}
      title={props.whole ? undefined : props.of}
    >
      {props.whole ? props.of : shortAddress(props.of)}
    </span>
  );
}

export function shortAddress(address: string): string {
  return address.length <= 12 ? address : `${address.slice(0, 4)}…${address.slice(-4)}`;
}

/** Nothing here, or not working: what happened, what it means for the money, what to do. */
export function Empty(props: {
  state: CoinState;
  live?: boolean;
  title: ReactNode;
  children?: ReactNode;
  actions?: ReactNode;
  /** `h2` where it is all there is below the page's title. */
  level?: 'h1' | 'h2' | 'h3';
}) {
  const Title = props.level ?? 'h3';
  return (
    <div className={styles.empty}>
      <Coin state={props.state} live={props.live} size="large" />
      <Title>{props.title}</Title>
      {props.children && <p className="muted">{props.children}</p>}
      {props.actions && <div>{props.actions}</div>}
    </div>
  );
}

const LATE_MS = 500;
const NEXT_MS = 100;
/** When the last one went that had been seen. */
let seenUntil = Number.NEGATIVE_INFINITY;

/**
 * The shape of what comes, shown only after half a second. Never a spinner. Where one follows on
 * another that was seen, it is there at once: it is the same waiting.
 */
export function Skeleton(props: { lines?: number; label?: string }) {
  const { t } = useMacro();
  const [follows] = useState(() => performance.now() - seenUntil < NEXT_MS);
  useEffect(() => {
    const since = follows ? Number.NEGATIVE_INFINITY : performance.now();
    return () => {
      if (performance.now() - since > LATE_MS) seenUntil = performance.now();
    };
  }, [follows]);
  return (
    <div
      className={classes(styles.skeleton, !follows && styles.late)}
      role="img"
      aria-label={props.label ?? t`Loading`}
    >
      {Array.from({ length: props.lines ?? 3 }, (_, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines are all alike and never move
        <i key={line} />
      ))}
    </div>
  );
}
