/** Every route of the app, and what stands at it. `pages.spec.ts` visits them all; a new route is a row here. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { World } from './world';

/** Who looks: somebody signed out, a worker, a client, the operator of the house. */
export type Role = 'nobody' | 'worker' | 'client' | 'operator';

export interface Row {
  /** As the router has it. */
  route: string;
  /** An address of it in this world; the route itself when it names nothing. */
  at?: (world: World) => string;
  /** Where it leads on to, for a route that only does that. */
  leadsTo?: RegExp;
  /** Whose page it is: of theirs there are pictures. */
  of: Role;
  /** The name of the pictures. */
  name: string;
}

const unknown = '00000000-0000-4000-8000-000000000000';

export const ROWS: Row[] = [
  { route: '/', of: 'nobody', name: 'front' },
  { route: '/proof', of: 'nobody', name: 'proof' },
  { route: '/fees', of: 'nobody', name: 'fees' },
  { route: '/states', of: 'nobody', name: 'states' },
  { route: '/account', of: 'client', name: 'account' },
  { route: '/inbox', of: 'client', name: 'inbox' },
  {
    route: '/people/:address',
    at: (world) => `/people/${world.freelancer}`,
    of: 'worker',
    name: 'person',
  },
  { route: '/*', at: () => '/no/such/page', of: 'nobody', name: 'nowhere' },

  { route: '/work', leadsTo: /\/work\/tasks$/, of: 'worker', name: '' },
  { route: '/work/tasks/:taskId?', at: () => '/work/tasks', of: 'worker', name: 'work-tasks' },
  { route: '/work/projects', of: 'worker', name: 'work-projects' },
  {
    route: '/work/projects/:id',
    at: (world) => `/work/projects/${world.openProject}`,
    of: 'worker',
    name: 'work-project',
  },
  { route: '/work/projects/*', at: () => '/work/projects/a/b', of: 'worker', name: '' },
  {
    route: '/work/disputes/:id',
    at: (world) => `/work/disputes/${world.dispute}`,
    of: 'worker',
    name: 'work-dispute',
  },
  { route: '/work/earnings', of: 'worker', name: 'work-earnings' },
  {
    route: '/work/payouts/:id',
    at: (world) => `/work/payouts/${world.payout}`,
    of: 'worker',
    name: 'work-payout',
  },
  { route: '/work/*', at: () => '/work/nowhere', of: 'worker', name: '' },

  { route: '/hire', leadsTo: /\/hire\/tasks$/, of: 'client', name: '' },
  { route: '/hire/new', leadsTo: /\/hire\/tasks\/new$/, of: 'client', name: '' },
  { route: '/hire/tasks', of: 'client', name: 'hire-tasks' },
  { route: '/hire/tasks/new', of: 'client', name: 'hire-task-new' },
  {
    route: '/hire/tasks/:taskId',
    at: (world) => `/hire/tasks/${world.task}`,
    of: 'client',
    name: 'hire-task',
  },
  { route: '/hire/projects', of: 'client', name: 'hire-projects' },
  { route: '/hire/projects/new', of: 'client', name: 'hire-project-new' },
  {
    route: '/hire/projects/:id',
    at: (world) => `/hire/projects/${world.disputedProject}`,
    of: 'client',
    name: 'hire-project',
  },
  {
    route: '/hire/projects/:id/edit',
    at: (world) => `/hire/projects/${world.openProject}/edit`,
    of: 'client',
    name: 'hire-project-edit',
  },
  { route: '/hire/projects/*', at: () => '/hire/projects/a/b', of: 'client', name: '' },
  {
    route: '/hire/disputes/:id',
    at: (world) => `/hire/disputes/${world.dispute}`,
    of: 'client',
    name: 'hire-dispute',
  },
  { route: '/hire/*', at: () => '/hire/nowhere', of: 'client', name: '' },

  { route: '/admin', leadsTo: /\/admin\/(?:health|disputes)$/, of: 'operator', name: '' },
  { route: '/admin/health', of: 'operator', name: 'admin-health' },
  { route: '/admin/disputes', of: 'operator', name: 'admin-disputes' },
  {
    route: '/admin/disputes/:id',
    at: (world) => `/admin/disputes/${world.dispute}`,
    of: 'operator',
    name: 'admin-dispute',
  },
  { route: '/admin/payouts', of: 'operator', name: 'admin-payouts' },
  {
    route: '/admin/payouts/:id',
    at: (world) => `/admin/payouts/${world.payout}`,
    of: 'operator',
    name: 'admin-payout',
  },
  { route: '/admin/jobs', of: 'operator', name: 'admin-jobs' },
  { route: '/admin/audit', of: 'operator', name: 'admin-audit' },
  { route: '/admin/suspense', of: 'operator', name: 'admin-suspense' },
  {
    route: '/admin/suspense/:id',
    at: (world) => `/admin/suspense/${world.unmatched}`,
    of: 'operator',
    name: 'admin-unmatched',
  },
  { route: '/admin/ledger', of: 'operator', name: 'admin-ledger' },
  {
    route: '/admin/ledger/kinds/:kind/:asset',
    at: (world) => `/admin/ledger/kinds/${world.ledgerKind}/SOL`,
    of: 'operator',
    name: 'admin-ledger-kind',
  },
  {
    route: '/admin/ledger/accounts/:number',
    at: (world) => `/admin/ledger/accounts/${world.ledgerAccount}`,
    of: 'operator',
    name: 'admin-ledger-account',
  },
  {
    route: '/admin/ledger/transfers/:id',
    at: (world) => `/admin/ledger/transfers/${world.ledgerTransfer}`,
    of: 'operator',
    name: 'admin-ledger-transfer',
  },
  { route: '/admin/ledger/solvency', of: 'operator', name: 'admin-solvency' },
  { route: '/admin/accounts', of: 'operator', name: 'admin-accounts' },
  {
    route: '/admin/accounts/:id',
    at: (world) => `/admin/accounts/${world.account}`,
    of: 'operator',
    name: 'admin-account',
  },
  { route: '/admin/*', at: () => '/admin/nowhere', of: 'operator', name: '' },
];

/** Addresses that a row's route has besides its own: what is not there. */
export const ABSENT = [
  `/work/tasks/${unknown}`,
  `/work/projects/${unknown}`,
  `/work/disputes/${unknown}-1`,
  `/work/payouts/${unknown}`,
  `/hire/tasks/${unknown}`,
  `/hire/projects/${unknown}`,
  `/hire/disputes/${unknown}-1`,
  `/admin/disputes/${unknown}-1`,
  `/admin/suspense/${unknown}`,
  '/admin/ledger/accounts/999999999',
  `/admin/ledger/transfers/${unknown}`,
  `/admin/accounts/${unknown}`,
];

const SOURCES = fileURLToPath(new URL('../src/', import.meta.url));
/** Below which address a file's routes stand. */
const STANDS_AT: Record<string, string[]> = {
  'work/index.tsx': ['/work'],
  'hire/index.tsx': ['/hire'],
  'admin/index.tsx': ['/admin'],
  'projects/index.tsx': ['/work/projects', '/hire/projects'],
};

/** The table of first parts, of which the app's own routes are made; those with routes below them aside. */
function firstParts(source: string): string[] {
  const table = (name: string) => /\{([^}]*)\}/.exec(source.split(`const ${name}`)[1] ?? '')?.[1];
  const parts = [...(table('PARTS') ?? '').matchAll(/^\s*'?(\w*)'?: \w+,$/gm)].map(
    ([, part]) => part,
  );
  const paths = new Map(
    [...(table('PATHS') ?? '').matchAll(/(?:'(\w*)'|(\w+)): '([^']+)'/g)].map((found) => [
      found[1] ?? found[2] ?? '',
      found[3] ?? '',
    ]),
  );
  if (parts.length < 5) throw new Error('app/routes.tsx: its table of parts cannot be read');
  return parts
    .filter((part) => !Object.values(STANDS_AT).some(([base]) => base === `/${part}`))
    .map((part = '') => `/${(paths.get(part) ?? part).replace(/^\//, '')}`)
    .concat('/*');
}

/** Every route that the sources declare. Raises for one that it cannot read. */
export function declaredRoutes(): string[] {
  const found: string[] = [];
  for (const file of readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.tsx')) continue;
    const source = readFileSync(join(SOURCES, file), 'utf8');
    if (file === 'app/routes.tsx') {
      found.push(...firstParts(source));
      continue;
    }
    const routes = [...source.matchAll(/<Route\s+(?:(index)\b|path="([^"]+)")/g)];
    const count = source.match(/<Route\s/g)?.length ?? 0;
    if (count !== routes.length) throw new Error(`${file}: a <Route> without a plain path`);
    if (count === 0) continue;
    const bases = STANDS_AT[file];
    if (!bases) throw new Error(`${file} has routes: say in STANDS_AT below which address`);
    for (const base of bases) {
      for (const [, index, path] of routes) {
        // What goes on in another file is declared there.
        if (path?.endsWith('/*')) continue;
        // A freelancer posts and changes no projects: the component leaves these out on that side.
        if (base === '/work/projects' && (path === 'new' || path === ':id/edit')) continue;
        found.push(index ? base || '/' : `${base}/${path}`);
      }
    }
  }
  return found.sort();
}
