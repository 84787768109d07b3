import { useLingui } from '@lingui/react/macro';
import { lazy, Suspense } from 'react';
import { Navigate, Route, Routes, useLocation } from 'react-router';
import { Frame } from '#/app/Frame';
import { NoSuchPage } from '#/app/NoSuchPage';
import { Skeleton } from '#/design';
import { addCatalog } from '#/i18n';
import { NewTaskPage } from './NewTaskPage';
import { TaskPage } from './TaskPage';
import { TasksPage } from './TasksPage';

/** Escrowed projects: their script and words come when they are first gone to. */
const pages = () =>
  Promise.all([import('#/projects'), addCatalog('projects')]).then(([made]) => made);
const ProjectPages = lazy(() => pages().then((made) => ({ default: made.ProjectPages })));
const DisputePage = lazy(() => pages().then((made) => ({ default: made.DisputePage })));

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
        <Route path="projects/*" element={<Projects />} />
        <Route path="disputes/:id" element={<Dispute />} />
        <Route path="new" element={<Navigate to="/hire/tasks/new" replace />} />
        <Route path="*" element={<NoSuchPage />} />
      </Routes>
    </Frame>
  );
}

function Projects() {
  return (
    <Suspense fallback={<Skeleton lines={5} />}>
      <ProjectPages side="hire" />
    </Suspense>
  );
}

function Dispute() {
  return (
    <Suspense fallback={<Skeleton lines={5} />}>
      <DisputePage side="hire" />
    </Suspense>
  );
}
