import { Route, Routes } from 'react-router';
import { NoSuchPage } from '#/app/NoSuchPage';
import { EditProjectPage } from './EditProjectPage';
import { ListPage } from './ListPage';
import { NewProjectPage } from './NewProjectPage';
import { ProjectPage } from './ProjectPage';
import type { FaceSide } from './queries';

export { DisputePage } from './DisputePage';

/** Escrowed projects, for both sides of the market. */
export function ProjectPages({ side }: { side: FaceSide }) {
  return (
    <Routes>
      <Route index element={<ListPage key={side} side={side} />} />
      {side === 'hire' && <Route path="new" element={<NewProjectPage />} />}
      {side === 'hire' && <Route path=":id/edit" element={<EditProjectPage />} />}
      <Route path=":id" element={<ProjectPage side={side} />} />
      <Route path="*" element={<NoSuchPage />} />
    </Routes>
  );
}
