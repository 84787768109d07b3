import type { ComponentProps, ReactNode } from 'react';
import { Link } from 'react-router';
import styles from './button.module.css';
import { classes } from './classes';

export interface ButtonLook {
  kind?: 'primary' | 'plain' | 'danger' | 'quiet' | undefined;
  wide?: boolean | undefined;
  tall?: boolean | undefined;
  /** A quiet one whose words stand level with the text around it. */
  flush?: boolean | undefined;
}

/** The classes of a button, for what must be another element. */
export function buttonClass({ kind = 'plain', wide, tall, flush }: ButtonLook = {}): string {
  return classes(
    styles.button,
    kind !== 'plain' && styles[kind],
    wide && styles.wide,
    tall && styles.tall,
    flush && styles.flush,
  );
}

/**
 * Carries a verb, and the sum where one moves. `disabled` keeps it in the tab order, so that a
 * keyboard finds it and hears why: say the reason beside it. The second press of a double click on
 * what acts orders nothing more: it comes before the page has heard of the first.
 */
export function Button({
  kind,
  wide,
  tall,
  flush,
  disabled,
  onClick,
  className,
  ...rest
}: ButtonLook & ComponentProps<'button'>) {
  return (
    <button
      type="button"
      {...rest}
      className={classes(buttonClass({ kind, wide, tall, flush }), className)}
      aria-disabled={disabled || undefined}
      onClick={(event) => {
        const again = event.detail > 1 && (kind === 'primary' || kind === 'danger');
        if (disabled || again) event.preventDefault();
        else onClick?.(event);
      }}
    />
  );
}

/** A link that looks like a button: it leads somewhere and does nothing else. */
export function LinkButton({
  kind,
  wide,
  tall,
  className,
  ...rest
}: ButtonLook & ComponentProps<typeof Link>) {
  return <Link {...rest} className={classes(buttonClass({ kind, wide, tall }), className)} />;
}

/** Buttons in a row. */
export function Actions(props: { children: ReactNode; className?: string }) {
  return <div className={classes(styles.actions, props.className)}>{props.children}</div>;
}

/** A small button with a picture; `label` says its name. */
export function Tool({
  label,
  count,
  className,
  children,
  ...rest
}: { label: string; count?: number | undefined } & ComponentProps<'button'>) {
  return (
    <button type="button" {...rest} className={classes(styles.tool, className)} aria-label={label}>
      {children}
      <Count of={count} />
    </button>
  );
}

/** As `Tool`, where it leads to a page. */
export function ToolLink({
  label,
  count,
  className,
  children,
  ...rest
}: { label: string; count?: number | undefined } & ComponentProps<typeof Link>) {
  return (
    <Link {...rest} className={classes(styles.tool, className)} aria-label={label}>
      {children}
      <Count of={count} />
    </Link>
  );
}

function Count({ of }: { of: number | undefined }) {
  if (!of) return null;
  return (
    <span className={styles.count} aria-hidden="true">
      {of > 99 ? '99+' : of}
    </span>
  );
}

export const toolClass = styles.tool ?? '';
