import { useLingui } from '@lingui/react/macro';
import { Navigate, Route, Routes } from 'react-router';
import { Frame, type Place } from '#/app/Frame';
import { NoSuchPage } from '#/app/NoSuchPage';
import { useUser } from '#/session';
import { AccountPage } from './accounts/AccountPage';
import { AccountsPage } from './accounts/AccountsPage';
import { AuditPage } from './audit/AuditPage';
import { DisputePage } from './DisputePage';
import { DisputesPage } from './DisputesPage';
import { HealthPage } from './HealthPage';
import { JobsPage } from './jobs/JobsPage';
import { LedgerAccountPage } from './ledger/AccountPage';
import { KindPage } from './ledger/KindPage';
import { LedgerPage } from './ledger/LedgerPage';
import { SolvencyPage } from './ledger/SolvencyPage';
import { TransferPage } from './ledger/TransferPage';
import { PayoutPage } from './payouts/PayoutPage';
import { PayoutsPage } from './payouts/PayoutsPage';
import { ItemPage } from './suspense/ItemPage';
import { SuspensePage } from './suspense/SuspensePage';

/**
 * The side of the house, and of the arbiters that the contract names: only for those who may. At
 * most four places; ledger, unmatched payments, held jobs and audit are reached from Health.
 */
export default function Admin() {
  const { t } = useLingui();
  const user = useUser();
  const operator = user?.role === 'operator';
  const disputes: Place = { to: '/admin/disputes', name: t`Disputes`, icon: 'scales' };
  const places: Place[] =
    user && !operator
      ? [disputes]
      : [
          { to: '/admin/health', name: t`Health`, icon: 'health' },
          disputes,
          { to: '/admin/payouts', name: t`Payouts`, icon: 'out' },
          { to: '/admin/accounts', name: t`Accounts`, icon: 'person' },
        ];
  return (
    <Frame face="admin" label={t`Admin`} places={places}>
      <Routes>
        <Route
          index
          element={<Navigate to={operator || !user ? 'health' : 'disputes'} replace />}
        />
        <Route path="health" element={<HealthPage />} />
        <Route path="disputes" element={<DisputesPage />} />
        <Route path="disputes/:id" element={<DisputePage />} />
        <Route path="payouts" element={<PayoutsPage />} />
        <Route path="payouts/:id" element={<PayoutPage />} />
        <Route path="jobs" element={<JobsPage />} />
        <Route path="audit" element={<AuditPage />} />
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
