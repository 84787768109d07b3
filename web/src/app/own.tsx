import { useLingui } from '@lingui/react/macro';
import { useLocation } from 'react-router';
import { AccountPage } from './AccountPage';
import { Frame } from './Frame';
import { InboxPage } from './InboxPage';
import { NoSuchPage } from './NoSuchPage';

/** What belongs to no side of the market. */
export default function Own() {
  const { t } = useLingui();
  const { pathname } = useLocation();
  return (
    <Frame
      face="work"
      label={t`Site`}
      places={[
        { to: '/inbox', name: t`Inbox`, icon: 'inbox' },
        { to: '/account', name: t`You`, icon: 'person' },
      ]}
    >
      {pathname === '/account' ? (
        <AccountPage />
      ) : pathname === '/inbox' ? (
        <InboxPage />
      ) : (
        <NoSuchPage />
      )}
    </Frame>
  );
}
