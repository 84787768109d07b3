import { Trans, useLingui } from '@lingui/react/macro';
import { Navigate, Route, Routes } from 'react-router';
import { Frame } from '#/app/Frame';
import { NoSuchPage } from '#/app/NoSuchPage';
import { Empty, Head } from '#/design';
import { SignedIn, useUser } from '#/session';

/** The side of the house: only for those who may. */
export default function Admin() {
  const { t } = useLingui();
  return (
    <Frame
      face="admin"
      label={t`Admin`}
      places={[{ to: '/admin/health', name: t`Health`, icon: 'health' }]}
    >
      <Routes>
        <Route index element={<Navigate to="health" replace />} />
        <Route path="health" element={<Health />} />
        <Route path="*" element={<NoSuchPage />} />
      </Routes>
    </Frame>
  );
}

function Health() {
  const { t } = useLingui();
  return (
    <>
      <Head title={t`Health`} />
      <SignedIn>
        <OperatorOnly>
          <Empty state="final" level="h2" title={<Trans>Nothing needs a look</Trans>} />
        </OperatorOnly>
      </SignedIn>
    </>
  );
}

function OperatorOnly(props: { children: React.ReactNode }) {
  const user = useUser();
  if (user?.role === 'operator') return props.children;
  return (
    <Empty state="closed" level="h2" title={<Trans>This is for the operator</Trans>}>
      <Trans>
        The wallet that you signed in with is not one of the operator’s. Nothing here concerns your
        money.
      </Trans>
    </Empty>
  );
}
