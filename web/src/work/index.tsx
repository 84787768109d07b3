import { Trans, useLingui } from '@lingui/react/macro';
import { lazy, Suspense } from 'react';
import { Navigate, Route, Routes } from 'react-router';
import { Frame } from '#/app/Frame';
import { NoSuchPage } from '#/app/NoSuchPage';
import { Empty, Head, Skeleton } from '#/design';
import { addCatalog } from '#/i18n';
import { SignedIn } from '#/session';

/** Escrowed projects: their script and words come when they are first gone to. */
const pages = () =>
  Promise.all([import('#/projects'), addCatalog('projects')]).then(([made]) => made);
const ProjectPages = lazy(() => pages().then((made) => ({ default: made.ProjectPages })));
const DisputePage = lazy(() => pages().then((made) => ({ default: made.DisputePage })));

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
        <Route path="projects/*" element={<Projects />} />
        <Route path="disputes/:id" element={<Dispute />} />
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

function Projects() {
  return (
    <Suspense fallback={<Skeleton lines={5} />}>
      <ProjectPages side="work" />
    </Suspense>
  );
}

function Dispute() {
  return (
    <Suspense fallback={<Skeleton lines={5} />}>
      <DisputePage side="work" />
    </Suspense>
  );
}
