import { Trans, useLingui } from '@lingui/react/macro';
import { Navigate, Route, Routes, useLocation } from 'react-router';
import { Frame } from '#/app/Frame';
import { NoSuchPage } from '#/app/NoSuchPage';
import { Empty, Head } from '#/design';
import { SignedIn } from '#/session';
import { NewTaskPage } from './NewTaskPage';
import { TaskPage } from './TaskPage';
import { TasksPage } from './TasksPage';

/** The side of the client: posting, paying, results, projects. */
export default function Hire() {
  const { t } = useLingui();
  const { pathname } = useLocation();
  return (
    <Frame
      face="hire"
      label={t`Hire`}
      places={[
        {
          to: '/hire/tasks',
          name: t`Photo tasks`,
          icon: 'photos',
          // The page of a new one is a place of its own.
          end: pathname === '/hire/tasks/new',
        },
        { to: '/hire/projects', name: t`Projects`, icon: 'projects' },
        { to: '/hire/tasks/new', name: t`New task`, icon: 'plus' },
      ]}
    >
      <Routes>
        <Route index element={<Navigate to="tasks" replace />} />
        <Route path="tasks" element={<TasksPage />} />
        <Route path="tasks/new" element={<NewTaskPage />} />
        <Route path="tasks/:taskId" element={<TaskPage />} />
        <Route path="projects" element={<Place title={t`Projects`} />} />
        <Route path="new" element={<Navigate to="/hire/tasks/new" replace />} />
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
