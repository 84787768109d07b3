import { Trans, useLingui } from '@lingui/react/macro';
import { useState } from 'react';
import { Button, Dialog, Icon } from '#/design';
import styles from './share.module.css';

/**
 * Hands the address of a page on: by whatever the device shares with, copied, or as a QR code for
 * another phone. `path` is the page as somebody who is not its owner opens it.
 */
export function Share(props: { path: string; title: string }) {
  const { t } = useLingui();
  const [open, setOpen] = useState(false);
  const [said, setSaid] = useState<'copied' | 'refused' | null>(null);
  const url = `${location.origin}${props.path}`;
  const native = typeof navigator.share === 'function';
  async function copy() {
    try {
      await navigator.clipboard.writeText(url);
      setSaid('copied');
    } catch {
      setSaid('refused');
    }
  }
  async function share() {
    try {
      await navigator.share({ title: props.title, url });
      setOpen(false);
    } catch {
      // Whoever closes the device’s own sheet has decided; the link stands here as before.
    }
  }
  return (
    <>
      <Button
        kind="quiet"
        className={styles.open ?? ''}
        onClick={() => {
          setSaid(null);
          setOpen(true);
        }}
      >
        <Icon name="share" />
        <Trans>Share</Trans>
      </Button>
      <Dialog
        open={open}
        onClose={() => setOpen(false)}
        title={t`Share this page`}
        actions={
          <div className={styles.actions}>
            {native && (
              <Button kind="primary" wide onClick={() => void share()}>
                <Trans>Share with another app</Trans>
              </Button>
            )}
            <Button kind={native ? 'plain' : 'primary'} wide onClick={() => void copy()}>
              <Icon name="copy" />
              <Trans>Copy the link</Trans>
            </Button>
          </div>
        }
      >
        <p className="muted">
          <Trans>Whoever has the link can read the page. To act on it one signs in.</Trans>
        </p>
        <img
          className={styles.qr}
          src={`/api/site/qr.svg?path=${encodeURIComponent(props.path)}`}
          width={232}
          height={232}
          alt={t`The link as a QR code`}
        />
        <label className={styles.link}>
          <span className="fine">
            <Trans>Link</Trans>
          </span>
          <input readOnly value={url} dir="ltr" onFocus={(event) => event.target.select()} />
        </label>
        <p className="fine" role="status">
          {said === 'copied' && t`The link is copied.`}
          {said === 'refused' && t`The browser did not let us copy it. Mark the link and copy it.`}
        </p>
      </Dialog>
    </>
  );
}
