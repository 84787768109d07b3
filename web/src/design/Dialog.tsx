import { Dialog as Base } from '@base-ui/react/dialog';
import { useLingui } from '@lingui/react/macro';
import type { ReactNode } from 'react';
import { toolClass } from './Button';
import { Coin, type CoinState } from './Coin';
import { classes } from './classes';
import styles from './dialog.module.css';
import { Icon } from './Icon';

/** A sheet that floats. Escape and a click beside it close it, unless `held`. */
export function Dialog(props: {
  open: boolean;
  onClose: () => void;
  title: ReactNode;
  coin?: CoinState;
  live?: boolean;
  /** Something is under way that must not be lost by a click beside it. */
  held?: boolean;
  children?: ReactNode;
  actions?: ReactNode;
}) {
  const { t } = useLingui();
  return (
    <Base.Root
      open={props.open}
      disablePointerDismissal={props.held ?? false}
      onOpenChange={(open) => {
        if (!open) props.onClose();
      }}
    >
      <Base.Portal>
        <Base.Backdrop className={styles.backdrop ?? ''} />
        <Base.Viewport className={styles.viewport ?? ''}>
          <Base.Popup className={styles.dialog ?? ''}>
            {props.coin && <Coin state={props.coin} live={props.live} size="large" />}
            <Base.Title className={styles.title ?? ''}>{props.title}</Base.Title>
            {props.children}
            {props.actions && <div className={styles.actions}>{props.actions}</div>}
            <Base.Close className={classes(toolClass, styles.close)} aria-label={t`Close`}>
              <Icon name="close" />
            </Base.Close>
          </Base.Popup>
        </Base.Viewport>
      </Base.Portal>
    </Base.Root>
  );
}
