import { lazy, type ReactNode, Suspense } from 'react';
import { Navigate, Route, Routes } from 'react-router';
import { NoSuchPage } from '#/app/NoSuchPage';
import { Skeleton } from '#/design';
import { addCatalog } from '#/i18n';
import { VotePage } from './VotePage';
import { WorkFrame } from './WorkFrame';

const EarningsPage = lazy(() =>
  import('./EarningsPage').then(({ EarningsPage }) => ({ default: EarningsPage })),
);
const PayoutPage = lazy(() =>
  import('./PayoutPage').then(({ PayoutPage }) => ({ default: PayoutPage })),
);

/** Escrowed projects: their script and words come when they are first gone to. */
const pages = () =>
  Promise.all([import('#/projects'), addCatalog('projects')]).then(([made]) => made);
const ProjectPages = lazy(() => pages().then((made) => ({ default: made.ProjectPages })));
const DisputePage = lazy(() => pages().then((made) => ({ default: made.DisputePage })));

/** The side of the worker: photo tasks, projects, earnings. */
export default function Work() {
  return (
    <Routes>
      <Route index element={<Navigate to="tasks" replace />} />
      <Route path="tasks/:taskId?" element={<VotePage />} />
      <Route path="projects/*" element={<Framed page={<ProjectPages side="work" />} />} />
      <Route path="disputes/:id" element={<Framed page={<DisputePage side="work" />} />} />
      <Route path="earnings" element={<Framed page={<EarningsPage />} />} />
      <Route path="payouts/:id" element={<Framed page={<PayoutPage />} />} />
      <Route path="*" element={<Framed page={<NoSuchPage />} />} />
    </Routes>
  );
}

function Framed({ page }: { page: ReactNode }) {
  return (
    <WorkFrame>
      <Suspense fallback={<Skeleton lines={5} />}>{page}</Suspense>
    </WorkFrame>
  );
}
