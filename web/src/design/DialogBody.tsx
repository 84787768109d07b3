import { Dialog as Base } from '@base-ui/react/dialog';
import { useLingui } from '@lingui/react/macro';
import { toolClass } from './Button';
import { Coin } from './Coin';
import { classes } from './classes';
import type { DialogProps } from './Dialog';
import styles from './dialog.module.css';
import { Icon } from './Icon';

/** What `Dialog` shows: a chunk of its own, since no page needs it before something is pressed. */
export default function DialogBody(props: DialogProps) {
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
          <Base.Popup className={classes(styles.dialog, props.full && styles.full)}>
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
