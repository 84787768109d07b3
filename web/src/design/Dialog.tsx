import { lazy, type ReactNode, Suspense, useState } from 'react';
import type { CoinState } from './Coin';
import { later } from './later';

const DialogBody = lazy(later(() => import('./DialogBody')));

export interface DialogProps {
  open: boolean;
  onClose: () => void;
  title: ReactNode;
  coin?: CoinState;
  live?: boolean;
  /** Something is under way that must not be lost by a click beside it. */
  held?: boolean;
  /** Over the whole screen, for a picture. */
  full?: boolean;
  children?: ReactNode;
  actions?: ReactNode;
}

/** A sheet that floats. Escape and a click beside it close it, unless `held`. */
export function Dialog(props: DialogProps) {
  // What has been open once stays, so that it can close in its own time.
  const [asked, setAsked] = useState(props.open);
  if (props.open && !asked) setAsked(true);
  if (!asked) return null;
  return (
    <Suspense fallback={null}>
      <DialogBody {...props} />
    </Suspense>
  );
}
