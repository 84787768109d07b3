import { useLingui } from '@lingui/react/macro';
import type { ReactNode } from 'react';
import { Frame } from '#/app/Frame';

/** The frame of the worker's side; `bare` for a task that fills the screen. */
export function WorkFrame(props: { bare?: boolean; children: ReactNode }) {
  const { t } = useLingui();
  return (
    <Frame
      face="work"
      label={t`Work`}
      bare={props.bare ?? false}
      places={[
        { to: '/work/tasks', name: t`Photo tasks`, icon: 'photos' },
        { to: '/work/projects', name: t`Projects`, icon: 'projects' },
        { to: '/work/earnings', name: t`Earnings`, icon: 'earnings' },
      ]}
    >
      {props.children}
    </Frame>
  );
}
