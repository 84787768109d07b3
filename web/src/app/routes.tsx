import { useLingui } from '@lingui/react/macro';
import { lazy, type ReactNode } from 'react';
import { Route, Routes as Switch } from 'react-router';
import { Front } from '#/front';
import { addCatalog } from '#/i18n';
import { AccountPage } from './AccountPage';
import { Frame } from './Frame';
import { InboxPage } from './InboxPage';
import { NoSuchPage } from './NoSuchPage';

/** A face: its script and its words come together, when it is first gone to. */
const Work = lazy(() => Promise.all([import('#/work'), addCatalog('work')]).then(([face]) => face));
const Hire = lazy(() => Promise.all([import('#/hire'), addCatalog('hire')]).then(([face]) => face));
const Admin = lazy(() =>
  Promise.all([import('#/admin'), addCatalog('admin')]).then(([face]) => face),
);
const Person = lazy(() =>
  Promise.all([import('#/work/PersonPage'), addCatalog('work')]).then(([page]) => page),
);

export function Routes() {
  return (
    <Switch>
      <Route index element={<Front />} />
      <Route path="work/*" element={<Work />} />
      <Route path="hire/*" element={<Hire />} />
      <Route path="admin/*" element={<Admin />} />
      <Route path="people/:address" element={<Person />} />
      <Route path="account" element={<Own page={<AccountPage />} />} />
      <Route path="inbox" element={<Own page={<InboxPage />} />} />
      <Route path="*" element={<Nowhere />} />
    </Switch>
  );
}

/** What belongs to no side of the market. */
function Own(props: { page: ReactNode }) {
  const { t } = useLingui();
  return (
    <Frame
      face="work"
      label={t`Site`}
      places={[
        { to: '/inbox', name: t`Inbox`, icon: 'inbox' },
        { to: '/account', name: t`You`, icon: 'person' },
      ]}
    >
      {props.page}
    </Frame>
  );
}

function Nowhere() {
  const { t } = useLingui();
  return (
    <Frame face="front" label={t`Site`} places={[]}>
      <NoSuchPage />
    </Frame>
  );
}
