import type { ReactNode } from 'react';
import styles from './bargain.module.css';
import { classes } from './classes';

export interface BargainHalf {
  who: ReactNode;
  /** Between the title and the figures: pictures, a question. */
  top?: ReactNode;
  /** `checked` draws the double rule under the last row: only for a sum that has been checked. */
  rows: { key: string; name: ReactNode; value: ReactNode; checked?: boolean }[];
  state: ReactNode;
}

/** One deal seen from both sides: the client left and pine, the worker right and brass. */
export function Bargain(props: { label: string; stock: BargainHalf; foil: BargainHalf }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for controls, and there are none
    <div className={styles.bargain} role="group" aria-label={props.label}>
      <Half side={props.stock} className={styles.stock} />
      <Half side={props.foil} className={styles.foil} />
    </div>
  );
}

function Half(props: { side: BargainHalf; className: string | undefined }) {
  const { who, top, rows, state } = props.side;
  return (
    <div className={classes(styles.half, props.className)}>
      <p className={styles.who}>{who}</p>
      {top ?? <span />}
      <dl>
        {rows.map((row) => (
          <div key={row.key} className={row.checked ? styles.checked : undefined}>
            <dt>{row.name}</dt>
            <dd>{row.value}</dd>
          </div>
        ))}
      </dl>
      {state}
    </div>
  );
}

/** Four small pictures in a row. */
export function Thumbs(props: { sources: string[] }) {
  return (
    <div className={styles.thumbs}>
      {props.sources.map((source) => (
        <img key={source} src={source} width="160" height="240" alt="" />
      ))}
    </div>
  );
}
