import { Trans, useLingui } from '@lingui/react/macro';
import { Navigate, Route, Routes } from 'react-router';
import { Frame } from '#/app/Frame';
import { NoSuchPage } from '#/app/NoSuchPage';
import { Empty, Head } from '#/design';
import { SignedIn } from '#/session';

/** The side of the worker: photo tasks, projects, earnings. */
export default function Work() {
  const { t } = useLingui();
  return (
    <Frame
      face="work"
      label={t`Work`}
      places={[
        { to: '/work/tasks', name: t`Photo tasks`, icon: 'photos' },
        { to: '/work/projects', name: t`Projects`, icon: 'projects' },
        { to: '/work/earnings', name: t`Earnings`, icon: 'earnings' },
      ]}
    >
      <Routes>
        <Route index element={<Navigate to="tasks" replace />} />
        <Route path="tasks" element={<Place title={t`Photo tasks`} />} />
        <Route path="projects" element={<Place title={t`Projects`} />} />
        <Route path="earnings" element={<Place title={t`Earnings`} />} />
        <Route path="*" element={<NoSuchPage />} />
      </Routes>
    </Frame>
  );
}

function Place(props: { title: string }) {
  return (
    <>
      <Head title={props.title} />
      <SignedIn>
        <Empty state="final" level="h2" title={<Trans>Nothing here yet</Trans>} />
      </SignedIn>
    </>
  );
}
