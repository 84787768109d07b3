import { useLingui } from '@lingui/react/macro';
import { Route, Routes as Switch } from 'react-router';
import { Frame } from './Frame';
import { NoSuchPage } from './NoSuchPage';
import { makePart, type Part } from './parts';

// `scripts/build.mjs` tells the server which files these are, so that a page asks for them at once.
const Front = makePart(() => import('#/front'), ['front']);
const Work = makePart(() => import('#/work'), ['work']);
const Hire = makePart(() => import('#/hire'), ['hire']);
const Admin = makePart(() => import('#/admin'), ['admin']);
const Person = makePart(() => import('#/work/PersonPage'), ['work']);
const Account = makePart(() => import('./own'));
const Inbox = makePart(() => import('./own'), ['inbox']);

/** By the first part of the address. */
const PARTS: Record<string, Part> = {
  '': Front,
  proof: Front,
  fees: Front,
  states: Front,
  work: Work,
  hire: Hire,
  admin: Admin,
  people: Person,
  account: Account,
  inbox: Inbox,
};

/** Where it is not the part and all below it. */
const PATHS: Record<string, string> = { '': '/', people: 'people/:address' };

/** What draws this address; undefined for one that is not there. */
export function partOf(pathname: string): Part | undefined {
  return PARTS[pathname.split('/', 2)[1] ?? ''];
}

export function Routes() {
  return (
    <Switch>
      {Object.entries(PARTS).map(([first, { Page }]) => (
        <Route key={first} path={PATHS[first] ?? `${first}/*`} element={<Page />} />
      ))}
      <Route path="*" element={<Nowhere />} />
    </Switch>
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
