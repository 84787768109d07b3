import { type ComponentProps, type ReactNode, useId } from 'react';
import { State } from './Coin';
import { classes } from './classes';
import styles from './field.module.css';
import { Icon } from './Icon';

interface FieldWords {
  label: ReactNode;
  help?: ReactNode;
  /** What is wrong, in words; the field is marked as well. */
  error?: ReactNode;
}

function wordsOf(id: string, words: FieldWords) {
  const ids = classes(words.help ? `${id}-help` : '', words.error ? `${id}-error` : '');
  return {
    id,
    'aria-invalid': words.error ? true : undefined,
    'aria-describedby': ids || undefined,
  } as const;
}

function Frame(props: FieldWords & { id: string; children: ReactNode }) {
  return (
    <div className={styles.field}>
      <label className={styles.label} htmlFor={props.id}>
        {props.label}
      </label>
      {props.children}
      {props.help && (
        <span className={styles.help} id={`${props.id}-help`}>
          {props.help}
        </span>
      )}
      {props.error && (
        <span id={`${props.id}-error`} role="alert">
          <State state="failed">{props.error}</State>
        </span>
      )}
    </div>
  );
}

/** One line of text. `unit` puts what is counted at its end. */
export function TextField({
  label,
  help,
  error,
  unit,
  className,
  ...rest
}: FieldWords & { unit?: ReactNode } & ComponentProps<'input'>) {
  const made = useId();
  const id = rest.id ?? made;
  const input = (
    <input
      {...rest}
      {...wordsOf(id, { label, help, error })}
      className={classes(styles.input, className)}
    />
  );
  return (
    <Frame id={id} label={label} help={help} error={error}>
      {unit ? (
        <div className={styles.unitbox}>
          {input}
          <span className={styles.unit}>{unit}</span>
        </div>
      ) : (
        input
      )}
    </Frame>
  );
}

/** Text of several lines. */
export function TextArea({
  label,
  help,
  error,
  className,
  ...rest
}: FieldWords & ComponentProps<'textarea'>) {
  const made = useId();
  const id = rest.id ?? made;
  return (
    <Frame id={id} label={label} help={help} error={error}>
      <textarea
        {...rest}
        {...wordsOf(id, { label, help, error })}
        className={classes(styles.input, className)}
      />
    </Frame>
  );
}

/** One of a few. */
export function SelectField({
  label,
  help,
  error,
  className,
  ...rest
}: FieldWords & ComponentProps<'select'>) {
  const made = useId();
  const id = rest.id ?? made;
  return (
    <Frame id={id} label={label} help={help} error={error}>
      <span className={styles.select}>
        <select
          {...rest}
          {...wordsOf(id, { label, help, error })}
          className={classes(styles.input, className)}
        />
        <Icon name="down" />
      </span>
    </Frame>
  );
}

/** Yes or no, with its words beside it. */
export function CheckField({
  children,
  ...rest
}: { children: ReactNode } & ComponentProps<'input'>) {
  return (
    <label className={styles.check}>
      <input {...rest} type="checkbox" />
      <span>{children}</span>
    </label>
  );
}

/** Two fields side by side where there is room. */
export function FieldRow(props: { children: ReactNode }) {
  return <div className={styles.row}>{props.children}</div>;
}
