import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Link, NavLink, useSearchParams } from 'react-router';
import { api, ask, useWords } from '#/api';
import {
  Actions,
  Address,
  Button,
  Empty,
  Head,
  LinkButton,
  Money,
  Note,
  SelectField,
  Skeleton,
  TextField,
  Time,
} from '#/design';
import { SignedIn, useUser } from '#/session';
import { ProposalState } from './Proposals';
import styles from './projects.module.css';
import { type FaceSide, type ProjectCard, type ProjectSearch, useProjects } from './queries';
import { CATEGORIES, ProjectState, useCategoryName, useDays } from './words';

/** Projects to find work in, or one's own; the address holds what was searched for. */
export function ListPage({ side }: { side: FaceSide }) {
  const { t } = useLingui();
  const [params] = useSearchParams();
  if (side === 'hire') {
    return (
      <>
        <Head title={t`Your projects`}>
          <LinkButton kind="primary" to="/hire/projects/new">
            <Trans>New project</Trans>
          </LinkButton>
        </Head>
        <SignedIn>
          <List
            search={{ part: 'client' }}
            empty={
              <Empty
                state="waiting"
                level="h2"
                title={t`Nothing posted yet`}
                actions={
                  <LinkButton kind="primary" to="/hire/projects/new">
                    <Trans>New project</Trans>
                  </LinkButton>
                }
              >
                <Trans>
                  Say what you want in one to four milestones, each with its sum. You lock the money
                  only once you have chosen a proposal.
                </Trans>
              </Empty>
            }
          />
        </SignedIn>
      </>
    );
  }
  const view = params.get('view');
  return (
    <>
      <Head
        title={t`Projects`}
        lead={t`Paid work in milestones. The money lies in a contract before you begin.`}
      />
      <nav className={styles.views} aria-label={t`Which projects`}>
        <View name={t`Find work`} to="" on={view === null} />
        <View name={t`Mine`} to="?view=mine" on={view === 'mine'} />
        <View name={t`My proposals`} to="?view=proposals" on={view === 'proposals'} />
      </nav>
      {view === 'mine' ? (
        <SignedIn>
          <List
            search={{ part: 'freelancer' }}
            empty={
              <Empty state="waiting" level="h2" title={t`No project of yours yet`}>
                <Trans>Once a client accepts a proposal of yours, the project stands here.</Trans>
              </Empty>
            }
          />
        </SignedIn>
      ) : view === 'proposals' ? (
        <SignedIn>
          <MyProposals />
        </SignedIn>
      ) : (
        <Find />
      )}
    </>
  );
}

function View(props: { name: string; to: string; on: boolean }) {
  return (
    <NavLink
      to={`/work/projects${props.to}`}
      aria-current={props.on ? 'page' : undefined}
      className={props.on ? (styles.viewOn ?? '') : ''}
    >
      {props.name}
    </NavLink>
  );
}

function Find() {
  const { t } = useLingui();
  const category = useCategoryName();
  const [params, setParams] = useSearchParams();
  const [q, setQ] = useState(params.get('q') ?? '');
  const search: ProjectSearch = { status: 'open' };
  const asked = params.get('q');
  const kind = CATEGORIES.find((each) => each === params.get('category'));
  const asset = params.get('asset');
  if (asked) search.q = asked;
  if (kind) search.category = kind;
  if (asset === 'STX' || asset === 'sBTC') search.asset = asset;
  function set(name: string, value: string) {
    setParams(
      (before) => {
        const next = new URLSearchParams(before);
        if (value) next.set(name, value);
        else next.delete(name);
        return next;
      },
      { replace: true },
    );
  }
  function submit(event: FormEvent) {
    event.preventDefault();
    set('q', q.trim());
  }
  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: React knows the element, browsers not all */}
      <form role="search" className={styles.search} onSubmit={submit}>
        <TextField
          label={t`Words`}
          type="search"
          maxLength={200}
          value={q}
          onChange={(event) => setQ(event.target.value)}
        />
        <SelectField
          label={t`Kind of work`}
          value={kind ?? ''}
          onChange={(event) => set('category', event.target.value)}
        >
          <option value="">{t`All kinds`}</option>
          {CATEGORIES.map((each) => (
            <option key={each} value={each}>
              {category(each)}
            </option>
          ))}
        </SelectField>
        <SelectField
          label={t`Paid in`}
          value={search.asset ?? ''}
          onChange={(event) => set('asset', event.target.value)}
        >
          <option value="">{t`Any asset`}</option>
          <option value="STX">STX</option>
          <option value="sBTC">sBTC</option>
        </SelectField>
        <Button type="submit">
          <Trans>Search</Trans>
        </Button>
      </form>
      <List
        search={search}
        empty={
          asked || kind || asset ? (
            <Empty
              state="closed"
              level="h2"
              title={t`Nothing like that is open`}
              actions={
                <LinkButton to="/work/projects" onClick={() => setQ('')}>
                  <Trans>Show all open projects</Trans>
                </LinkButton>
              }
            >
              <Trans>Fewer words, or another kind of work, find more.</Trans>
            </Empty>
          ) : (
            <Empty
              state="waiting"
              level="h2"
              title={t`No project is open`}
              actions={
                <LinkButton to="/work/tasks">
                  <Trans>Look at photo tasks</Trans>
                </LinkButton>
              }
            >
              <Trans>New ones stand here as soon as a client posts them.</Trans>
            </Empty>
          )
        }
      />
    </>
  );
}

function List(props: { search: ProjectSearch; empty: React.ReactNode }) {
  const { t } = useLingui();
  const words = useWords();
  const pages = useProjects(props.search);
  if (pages.error) {
    return (
      <Note state="failed" title={words(pages.error).title} alert>
        <p>{words(pages.error).what}</p>
      </Note>
    );
  }
  if (!pages.data) return <Skeleton lines={5} label={t`Fetching projects`} />;
  const items = pages.data.pages.flatMap((page) => page.items);
  if (items.length === 0) return props.empty;
  const side = props.search.part === 'client' ? 'hire' : 'work';
  return (
    <>
      <ul className={styles.cards}>
        {items.map((each) => (
          <Card key={each.id} card={each} side={side} />
        ))}
      </ul>
      {pages.hasNextPage && (
        <Actions className={styles.more ?? ''}>
          <Button disabled={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
            <Trans>Show older ones</Trans>
          </Button>
        </Actions>
      )}
    </>
  );
}

function Card({ card, side }: { card: ProjectCard; side: FaceSide }) {
  const days = useDays();
  const category = useCategoryName();
  return (
    <li className={styles.card}>
      <h2 className={styles.cardTitle} dir="auto">
        <Link to={`/${side}/projects/${card.id}`}>{card.title}</Link>
      </h2>
      <p className={styles.cardSum}>
        <Money minor={card.totalMinor} asset={card.asset} />
      </p>
      <p className={styles.cardWords} dir="auto">
        {card.description}
      </p>
      <p className={styles.cardFacts}>
        <ProjectState project={card} />
        <span>{category(card.category)}</span>
        <span>
          <Plural value={card.milestoneCount} one="# milestone" other="# milestones" />
        </span>
        <span>{days(card.days)}</span>
        {card.status === 'open' && (
          <span>
            <Plural
              value={card.proposalsWaiting}
              _0="no proposal yet"
              one="# proposal"
              other="# proposals"
            />
          </span>
        )}
        {side === 'work' && (
          <span>
            <Address of={card.clientAddress} />
          </span>
        )}
        <span>
          <Time at={card.createdAt} show="day" />
        </span>
      </p>
    </li>
  );
}

/** What was proposed with the Stacks wallet of the account. */
function MyProposals() {
  const { t } = useLingui();
  const user = useUser();
  const words = useWords();
  const days = useDays();
  const address = user?.addresses.find((each) => /^S[PMTN]/.test(each.address))?.address;
  const proposals = useQuery({
    queryKey: ['projects', 'proposals', address],
    queryFn: () =>
      ask(
        api.GET('/api/freelancers/{address}/proposals', {
          params: { path: { address: address ?? '' }, query: { limit: 100 } },
        }),
      ),
    enabled: address !== undefined,
    refetchInterval: 20_000,
  });
  if (proposals.error) {
    return (
      <Note state="failed" title={words(proposals.error).title} alert>
        <p>{words(proposals.error).what}</p>
      </Note>
    );
  }
  if (address !== undefined && proposals.isPending) {
    return <Skeleton lines={4} label={t`Fetching your proposals`} />;
  }
  const items = proposals.data?.items ?? [];
  if (items.length === 0) {
    return (
      <Empty
        state="waiting"
        level="h2"
        title={t`You have proposed nothing yet`}
        actions={
          <LinkButton kind="primary" to="/work/projects">
            <Trans>Find work</Trans>
          </LinkButton>
        }
      >
        <Trans>A proposal names your price and your days. It costs nothing.</Trans>
      </Empty>
    );
  }
  return (
    <ul className={styles.cards}>
      {items.map((each) => (
        <li key={each.id} className={styles.card}>
          <h2 className={styles.cardTitle}>
            <ProposalLink id={each.projectId} />
          </h2>
          <p className={styles.cardSum}>
            <ProposalSum id={each.projectId} minor={each.budgetMinor} />
          </p>
          <p className={styles.cardWords} dir="auto">
            {each.coverLetter}
          </p>
          <p className={styles.cardFacts}>
            <ProposalState status={each.status} />
            <span>{days(each.days)}</span>
            <span>
              <Time at={each.createdAt} show="day" />
            </span>
          </p>
        </li>
      ))}
    </ul>
  );
}

function useTitleOf(id: string) {
  return useQuery({
    queryKey: ['project', id, 'title'],
    queryFn: () =>
      ask(api.GET('/api/projects/{project_id}', { params: { path: { project_id: id } } })),
    staleTime: 60_000,
  }).data;
}

function ProposalLink({ id }: { id: string }) {
  const project = useTitleOf(id);
  return <Link to={`/work/projects/${id}`}>{project?.title ?? <Trans>Project</Trans>}</Link>;
}

function ProposalSum({ id, minor }: { id: string; minor: string }) {
  const project = useTitleOf(id);
  return project ? <Money minor={minor} asset={project.asset} /> : null;
}
