import { useLingui } from '@lingui/react/macro';
import { Navigate, Route, Routes } from 'react-router';
import { Frame, type Place } from '#/app/Frame';
import { NoSuchPage } from '#/app/NoSuchPage';
import { useUser } from '#/session';
import { AccountPage } from './accounts/AccountPage';
import { AccountsPage } from './accounts/AccountsPage';
import { DisputePage } from './DisputePage';
import { DisputesPage } from './DisputesPage';
import { HealthPage } from './HealthPage';
import { LedgerAccountPage } from './ledger/AccountPage';
import { KindPage } from './ledger/KindPage';
import { LedgerPage } from './ledger/LedgerPage';
import { SolvencyPage } from './ledger/SolvencyPage';
import { TransferPage } from './ledger/TransferPage';
import { ItemPage } from './suspense/ItemPage';
import { SuspensePage } from './suspense/SuspensePage';

/** The side of the house, and of the arbiters that the contract names: only for those who may. */
export default function Admin() {
  const { t } = useLingui();
  const user = useUser();
  const operator = user?.role === 'operator';
  const health: Place = { to: '/admin/health', name: t`Health`, icon: 'health' };
  const disputes: Place = { to: '/admin/disputes', name: t`Disputes`, icon: 'scales' };
  const accounts: Place = { to: '/admin/accounts', name: t`Accounts`, icon: 'person' };
  return (
    <Frame
      face="admin"
      label={t`Admin`}
      places={operator ? [health, disputes, accounts] : [health, disputes]}
    >
      <Routes>
        <Route
          index
          element={<Navigate to={operator || !user ? 'health' : 'disputes'} replace />}
        />
        <Route path="health" element={<HealthPage />} />
        <Route path="disputes" element={<DisputesPage />} />
        <Route path="disputes/:id" element={<DisputePage />} />
        <Route path="suspense" element={<SuspensePage />} />
        <Route path="suspense/:id" element={<ItemPage />} />
        <Route path="ledger" element={<LedgerPage />} />
        <Route path="ledger/kinds/:kind/:asset" element={<KindPage />} />
        <Route path="ledger/accounts/:number" element={<LedgerAccountPage />} />
        <Route path="ledger/transfers/:id" element={<TransferPage />} />
        <Route path="ledger/solvency" element={<SolvencyPage />} />
        <Route path="accounts" element={<AccountsPage />} />
        <Route path="accounts/:id" element={<AccountPage />} />
        <Route path="*" element={<NoSuchPage />} />
      </Routes>
    </Frame>
  );
}
