import { Trans, useLingui } from '@lingui/react/macro';
import { Navigate, Route, Routes } from 'react-router';
import { Frame } from '#/app/Frame';
import { NoSuchPage } from '#/app/NoSuchPage';
import { Empty, Head } from '#/design';
import { SignedIn } from '#/session';

/** The side of the client: posting, paying, results, projects. */
export default function Hire() {
  const { t } = useLingui();
  return (
    <Frame
      face="hire"
      label={t`Hire`}
      places={[
        { to: '/hire/tasks', name: t`Photo tasks`, icon: 'photos' },
        { to: '/hire/projects', name: t`Projects`, icon: 'projects' },
        { to: '/hire/new', name: t`New task`, icon: 'plus' },
      ]}
    >
      <Routes>
        <Route index element={<Navigate to="tasks" replace />} />
        <Route path="tasks" element={<Place title={t`Photo tasks`} />} />
        <Route path="projects" element={<Place title={t`Projects`} />} />
        <Route path="new" element={<Place title={t`New photo task`} />} />
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
        <Empty state="waiting" level="h2" title={<Trans>Nothing posted yet</Trans>} />
      </SignedIn>
    </>
  );
}
