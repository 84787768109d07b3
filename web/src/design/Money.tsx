import { useLingui } from '@lingui/react';
import { type Asset, formatFigure, type Minor } from './amounts';
import { classes } from './classes';
import styles from './money.module.css';

/** Figure, then unit, never apart. Exact. */
export function Money(props: {
  minor: Minor;
  asset: Asset;
  /** Every place, as in a ledger. */
  all?: boolean;
  /** A plus before what comes in. */
  sign?: boolean;
  big?: boolean;
  /** In the colour of what it stands on: on a button, on a block. */
  inherit?: boolean;
}) {
  const { i18n } = useLingui();
  return (
    <span
      className={classes(styles.money, props.big && styles.big, props.inherit && styles.inherit)}
    >
      {formatFigure(props.minor, props.asset, {
        locale: i18n.locale,
        all: props.all ?? false,
        sign: props.sign ?? false,
      })}{' '}
      <span className={styles.unit}>{props.asset}</span>
    </span>
  );
}
