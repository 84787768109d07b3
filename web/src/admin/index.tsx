import { useLingui } from '@lingui/react/macro';
import { Navigate, Route, Routes } from 'react-router';
import { Frame, type Place } from '#/app/Frame';
import { NoSuchPage } from '#/app/NoSuchPage';
import { useUser } from '#/session';
import { DisputePage } from './DisputePage';
import { DisputesPage } from './DisputesPage';
import { HealthPage } from './HealthPage';

/** The side of the house, and of the arbiters that the contract names: only for those who may. */
export default function Admin() {
  const { t } = useLingui();
  const user = useUser();
  const operator = user?.role === 'operator';
  const health: Place = { to: '/admin/health', name: t`Health`, icon: 'health' };
  const disputes: Place = { to: '/admin/disputes', name: t`Disputes`, icon: 'scales' };
  return (
    <Frame face="admin" label={t`Admin`} places={[health, disputes]}>
      <Routes>
        <Route
          index
          element={<Navigate to={operator || !user ? 'health' : 'disputes'} replace />}
        />
        <Route path="health" element={<HealthPage />} />
        <Route path="disputes" element={<DisputesPage />} />
        <Route path="disputes/:id" element={<DisputePage />} />
        <Route path="*" element={<NoSuchPage />} />
      </Routes>
    </Frame>
  );
}
