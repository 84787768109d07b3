import { Trans, useLingui } from '@lingui/react/macro';
import { onlineManager } from '@tanstack/react-query';
import {
  cloneElement,
  lazy,
  type ReactNode,
  Suspense,
  useEffect,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import { Link, NavLink, useLocation } from 'react-router';
import {
  buttonClass,
  classes,
  Icon,
  type IconName,
  Mark,
  shortAddress,
  ToolLink,
  toolClass,
} from '#/design';
import styles from '#/design/frame.module.css';
import { later } from '#/design/later';
import { useSession, useSignIn, useSite, useUser } from '#/session';
import { useIsArbiter } from './arbiter';
import { useInbox } from './inbox';

const AccountMenu = lazy(later(() => import('./AccountMenu')));

export interface Place {
  to: string;
  name: string;
  icon: IconName;
  /** Only the address itself counts as being there, not those below it. */
  end?: boolean;
}

/**
 * The frame of a face: bar, navigation, faces, bottom tabs, footer. `bare` leaves all of it out,
 * for a task that fills the screen.
 */
export function Frame(props: {
  face: 'front' | 'work' | 'hire' | 'admin';
  places: Place[];
  label: string;
  bare?: boolean;
  children: ReactNode;
}) {
  const { t } = useLingui();
  const { pathname, hash } = useLocation();
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  const app = props.face !== 'front';

  // A new page begins at its top, and a screen reader hears its title.
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is the address that changes
  useEffect(() => {
    if (first.current) {
      first.current = false;
      // The browser looked for it before it was drawn.
      if (hash) document.getElementById(hash.slice(1))?.scrollIntoView();
      return;
    }
    const part = hash ? document.getElementById(hash.slice(1)) : null;
    if (part) part.scrollIntoView();
    else window.scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, [pathname, hash]);

  if (props.bare) {
    return (
      <>
        <PlayEdge />
        {props.children}
      </>
    );
  }
  return (
    <>
      <a className={styles.skip} href="#main">
        <Trans>Skip to the page</Trans>
      </a>
      <header className={classes(styles.bar, app && styles.app)}>
        <PlayMoney />
        <Offline />
        <div className={classes('wrap', styles.barIn)}>
          <Link className={styles.brand} to="/">
            <Mark label="Earnest" />
            <span className={styles.word} aria-hidden="true">
              Earnest
            </span>
          </Link>
          <nav className={styles.nav} aria-label={props.label}>
            {props.places.map((place) =>
              place.to.includes('#') ? (
                <Link key={place.to} to={place.to}>
                  {place.name}
                </Link>
              ) : (
                <NavLink key={place.to} to={place.to} end={place.end ?? false}>
                  {place.name}
                </NavLink>
              ),
            )}
          </nav>
          <div className={styles.barEnd}>
            {app && <InboxTool />}
            <Account always={!app} />
            {app && <Faces />}
          </div>
        </div>
      </header>
      <main id="main" ref={main} tabIndex={-1} className={classes('wrap', app && styles.withTabs)}>
        {props.children}
      </main>
      <Foot />
      {app && (
        <nav className={styles.tabs} aria-label={t`${props.label}, short`}>
          {props.places.slice(0, 4).map((place) => (
            <NavLink key={place.to} to={place.to} end={place.end ?? false}>
              <Icon name={place.icon} />
              {place.name}
            </NavLink>
          ))}
          {props.places.every((place) => place.to !== '/account') && (
            <NavLink to="/account">
              <Icon name="person" />
              {t`You`}
            </NavLink>
          )}
        </nav>
      )}
    </>
  );
}

function Account(props: { always: boolean }) {
  const session = useSession();
  const { open } = useSignIn();
  if (session.at === 'asking') return null;
  if (session.at === 'out') {
    return (
      <button type="button" className={buttonClass()} onClick={() => open()}>
        <Trans>Sign in</Trans>
      </button>
    );
  }
  return (
    <div className={props.always ? undefined : styles.account}>
      <MenuOf address={session.user.address} />
    </div>
  );
}

/** The button is there at once; its menu comes a moment later, or when it is pressed. */
function MenuOf({ address }: { address: string }) {
  const { t } = useLingui();
  const [pressed, setPressed] = useState(false);
  const button = (
    <button
      type="button"
      className={classes(toolClass, styles.address)}
      aria-label={t`Account ${shortAddress(address)}`}
      aria-haspopup="menu"
    >
      <code aria-hidden="true">{shortAddress(address)}</code>
    </button>
  );
  if (pressed) {
    return (
      <Suspense fallback={button}>
        <AccountMenu trigger={button} open />
      </Suspense>
    );
  }
  return cloneElement(button, { onClick: () => setPressed(true) });
}

function InboxTool() {
  const { t } = useLingui();
  const { data } = useInbox();
  const user = useUser();
  if (!user) return null;
  const unread = data?.unreadCount ?? 0;
  return (
    <ToolLink to="/inbox" label={t`Inbox, ${unread} unread`} count={unread}>
      <Icon name="inbox" />
    </ToolLink>
  );
}

/** The sides of the market. */
function Faces() {
  const { t } = useLingui();
  const user = useUser();
  const arbiter = useIsArbiter();
  return (
    <nav className={styles.faces} aria-label={t`Side of the market`}>
      <NavLink to="/work">{t`Work`}</NavLink>
      <NavLink to="/hire">{t`Hire`}</NavLink>
      {user?.role === 'operator' ? (
        <NavLink to="/admin">{t`Admin`}</NavLink>
      ) : (
        arbiter && <NavLink to="/admin/disputes">{t`Disputes`}</NavLink>
      )}
    </nav>
  );
}

/** Where the money is worth nothing, every page says so. */
function PlayMoney() {
  const { network } = useSite();
  if (network === 'mainnet') return null;
  return (
    <div className={styles.play}>
      <p className={classes('wrap', styles.playWords)}>
        {network === 'local' ? (
          <Trans>Play money, on a chain of this machine’s own.</Trans>
        ) : (
          <Trans>Play money, on a test network.</Trans>
        )}
      </p>
    </div>
  );
}

/** The same on a task that fills the screen: over its upper edge, so that it takes no height. */
function PlayEdge() {
  const { t } = useLingui();
  const { network } = useSite();
  if (network === 'mainnet') return null;
  return (
    // An aside: what a page says outside of its landmarks, nobody who walks by them comes upon.
    <aside className={styles.edge}>
      <span>{t`Play money`}</span>
    </aside>
  );
}

/** Said while the line is away; what was asked meanwhile is asked again when it is back. */
function Offline() {
  const online = useSyncExternalStore(
    (changed) => onlineManager.subscribe(changed),
    () => onlineManager.isOnline(),
  );
  return (
    <div className={styles.offline} role="status">
      {!online && (
        <p className={classes('wrap', styles.playWords)}>
          <Trans>You are offline. Nothing is sent until you are back.</Trans>
        </p>
      )}
    </div>
  );
}

function Foot() {
  const site = useSite();
  return (
    <footer className={styles.foot}>
      <div className={classes('wrap', styles.footIn)}>
        <span>
          <Trans>
            Earnest at <b>{site.domain}</b>
          </Trans>
        </span>
        <Link to="/proof">
          <Trans>Proof of solvency</Trans>
        </Link>
        <Link to="/fees">
          <Trans>Fees</Trans>
        </Link>
        <a href="/api/docs">
          <Trans>Documentation</Trans>
        </a>
        <Link to="/states">
          <Trans>States</Trans>
        </Link>
        <span className={styles.footEnd}>
          <Trans>Version {site.version}</Trans>
        </span>
      </div>
    </footer>
  );
}
