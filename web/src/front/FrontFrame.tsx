import { useLingui } from '@lingui/react/macro';
import type { ReactNode } from 'react';
import { Frame } from '#/app/Frame';

/** The frame of what anybody may read. */
export function FrontFrame(props: { children: ReactNode }) {
  const { t } = useLingui();
  return (
    <Frame
      face="front"
      label={t`Site`}
      places={[
        { to: '/#kinds', name: t`What it pays for`, icon: 'photos' },
        { to: '/proof', name: t`Proof`, icon: 'check' },
        { to: '/fees', name: t`Fees`, icon: 'earnings' },
        { to: '/#host', name: t`Host your own`, icon: 'up' },
      ]}
    >
      {props.children}
    </Frame>
  );
}
