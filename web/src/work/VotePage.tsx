import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { onlineManager, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState, useSyncExternalStore } from 'react';
import { useNavigate, useParams } from 'react-router';
import { ApiProblem, type User, useWords } from '#/api';
import { NotYet } from '#/app/NotYet';
import { Trouble } from '#/app/Trouble';
import {
  Actions,
  type Asset,
  Button,
  Empty,
  Head,
  LinkButton,
  Money,
  Skeleton,
  Stack,
  State,
  useTitle,
} from '#/design';
import { SignedIn, useSession, useSignIn } from '#/session';
import { Ballot, Remaining } from './Ballot';
import { useDays } from './earned';
import { type Counted, nextKey, useNext, useSkip, useVote, type Vote } from './vote';
import styles from './vote.module.css';
import { WorkFrame } from './WorkFrame';

/** Why a vote did not count, or a seat is gone. */
type Loss = { kind: 'lapsed' } | { kind: 'refused'; problem: ApiProblem; vote: Vote };

/**
 * The next photo task, or the one that the address names, over the whole screen; in the frame of
 * the page when there is none.
 */
export function VotePage() {
  const session = useSession();
  const [voter, setVoter] = useState<User | null>(null);
  // Who was signed out in the middle of a vote keeps it: this part stays, and asks for a sign-in.
  const user = session.at === 'in' ? session.user : session.at === 'out' ? voter : null;
  if (session.at === 'in' && voter?.id !== session.user.id) setVoter(session.user);
  if (!user) {
    return (
      <Framed>
        <SignedIn
          why={
            <Trans>
              Your wallet is your account: there is no password and no e-mail. Votes are paid into
              your balance at once.
            </Trans>
          }
        >
          {null}
        </SignedIn>
      </Framed>
    );
  }
  return <Voter key={user.id} user={user} signedIn={session.at === 'in'} />;
}

function Framed(props: { children: ReactNode }) {
  const { t } = useLingui();
  return (
    <WorkFrame>
      <Head title={t`Photo tasks`} />
      {props.children}
    </WorkFrame>
  );
}

function useOnline(): boolean {
  return useSyncExternalStore(
    (changed) => onlineManager.subscribe(changed),
    () => onlineManager.isOnline(),
  );
}

function Voter({ user, signedIn }: { user: User; signedIn: boolean }) {
  const { t } = useLingui();
  const online = useOnline();
  const queries = useQueryClient();
  const [loss, setLoss] = useState<Loss | null>(null);
  const [counted, setCounted] = useState<Counted | null>(null);
  const [skipped, setSkipped] = useState(false);
  const navigate = useNavigate();
  const { taskId: wish } = useParams();
  const vote = useVote({
    counted: (_, answer) => {
      setCounted(answer);
      setSkipped(false);
      if (wish) void navigate('/work/tasks', { replace: true });
    },
    refused: (given, problem) => setLoss({ kind: 'refused', problem, vote: given }),
  });
  const skip = useSkip(() => {
    goOn();
    setSkipped(true);
  });
  const next = useNext(user.id, signedIn && vote.kept === null && loss === null, wish);

  // While it is tried again, what was said stays.
  const [away, setAway] = useState(false);
  const passing = next.error instanceof ApiProblem ? next.error.status >= 500 : !!next.error;
  if (passing && !away) setAway(true);
  if (next.data !== undefined && away) setAway(false);

  function goOn() {
    setLoss(null);
    setCounted(null);
    setSkipped(false);
    skip.reset();
    if (wish) void navigate('/work/tasks', { replace: true });
    void queries.resetQueries({ queryKey: nextKey(user.id), exact: true });
  }

  if (!signedIn) return <SignedOut kept={vote.kept} />;
  if (vote.kept && vote.stuck) {
    return (
      <Framed>
        <Kept vote={vote.kept} online={online} onAgain={vote.again} />
      </Framed>
    );
  }
  if (loss) {
    return (
      <Framed>
        <Lost loss={loss} onNext={goOn} onAgain={vote.give} />
      </Framed>
    );
  }
  if (skip.error) {
    return (
      <Framed>
        <Trouble
          error={skip.error}
          level="h2"
          actions={
            <Button onClick={goOn}>
              <Trans>Next task</Trans>
            </Button>
          }
        />
      </Framed>
    );
  }
  if (next.data) {
    const { task, seat } = next.data;
    return (
      <WorkFrame bare>
        <Ballot
          key={task.id}
          next={next.data}
          accountId={user.id}
          counted={counted}
          skipped={skipped}
          skipping={skip.isPending}
          online={online}
          sending={vote.kept?.optionId ?? null}
          onSkip={() => skip.mutate(task.id)}
          onLapse={() => setLoss({ kind: 'lapsed' })}
          onChoose={(option) =>
            vote.give({
              accountId: user.id,
              taskId: task.id,
              optionId: option.id,
              position: option.position,
              expiresAt: seat.expiresAt,
            })
          }
        />
      </WorkFrame>
    );
  }
  if (next.data === null) {
    return (
      <Framed>
        <Stack>
          {counted && <CountedNote counted={counted} />}
          <Done accountId={user.id} asset={counted?.asset ?? 'SOL'} skipped={skipped} />
        </Stack>
      </Framed>
    );
  }
  if (!online) {
    return (
      <Framed>
        <Empty state="look" level="h2" title={<Trans>You are offline</Trans>}>
          <Trans>The next task is fetched by itself once you are back.</Trans>
        </Empty>
      </Framed>
    );
  }
  if (wish && next.error instanceof ApiProblem && next.error.status < 500) {
    return (
      <Framed>
        <NoSeatThere problem={next.error} taskId={wish} onNext={goOn} />
      </Framed>
    );
  }
  if (next.error || away) {
    return (
      <Framed>
        <NotYet of={next} label={t`Fetching the next task`} />
      </Framed>
    );
  }
  return (
    <WorkFrame bare>
      <Fetching label={t`Fetching the next task`} />
    </WorkFrame>
  );
}

function Fetching({ label }: { label: string }) {
  useTitle(label);
  return (
    <main id="main" className={styles.fetching}>
      <h1 className="vh">{label}</h1>
      <Skeleton lines={6} label={label} />
    </main>
  );
}

function SignedOut({ kept }: { kept: Vote | null }) {
  const { open } = useSignIn();
  return (
    <Framed>
      <Empty
        state="waiting"
        level="h2"
        title={<Trans>You were signed out</Trans>}
        actions={
          <Actions>
            <Button kind="primary" onClick={() => open()}>
              <Trans>Sign in with your wallet</Trans>
            </Button>
          </Actions>
        }
      >
        {kept ? (
          <Trans>
            Your vote on photo {kept.position} is kept here and counts once you are signed in, if
            your seat still stands then: <Remaining until={kept.expiresAt} />.
          </Trans>
        ) : (
          <Trans>The session is over. What you earned is in your balance.</Trans>
        )}
      </Empty>
    </Framed>
  );
}

function Kept(props: { vote: Vote; online: boolean; onAgain: () => void }) {
  const { position, expiresAt } = props.vote;
  return (
    <Empty
      state="look"
      level="h2"
      title={
        props.online ? <Trans>The server cannot be reached</Trans> : <Trans>You are offline</Trans>
      }
      actions={
        <Actions>
          <Button onClick={props.onAgain}>
            <Trans>Try now</Trans>
          </Button>
        </Actions>
      }
    >
      {props.online ? (
        <Trans>
          Your vote on photo {position} is kept here and sent again by itself. It counts once, if
          your seat still stands then: <Remaining until={expiresAt} />.
        </Trans>
      ) : (
        <Trans>
          Your vote on photo {position} is kept here and counts once you are back, if your seat
          still stands then: <Remaining until={expiresAt} />.
        </Trans>
      )}
    </Empty>
  );
}

function Lost(props: { loss: Loss; onNext: () => void; onAgain: (vote: Vote) => void }) {
  const words = useWords();
  const { loss } = props;
  const code = loss.kind === 'lapsed' ? 'seat_lapsed' : loss.problem.code;
  const ours = loss.kind === 'refused' && loss.problem.status >= 500;
  let title: ReactNode;
  let what: ReactNode;
  if (loss.kind === 'lapsed') {
    title = <Trans>Your time for this task is over</Trans>;
    what = <Trans>Your seat goes to somebody else. Nothing was counted and nothing is paid.</Trans>;
  } else if (code === 'seat_lapsed' || code === 'no_seat') {
    title = <Trans>Your time for this task is over</Trans>;
    what = (
      <Trans>
        The seat went to somebody else, so your vote on photo {loss.vote.position} was not counted
        and is not paid.
      </Trans>
    );
  } else if (code === 'task_closed' || code === 'task_unknown') {
    title = <Trans>This task has ended meanwhile</Trans>;
    what = (
      <Trans>
        It takes no more votes, so yours on photo {loss.vote.position} was not counted and is not
        paid.
      </Trans>
    );
  } else if (code === 'voted_otherwise') {
    title = <Trans>You voted here before</Trans>;
    what = (
      <Trans>
        In another window, and for another photo. That vote was counted and paid; it stays, and this
        one was not counted.
      </Trans>
    );
  } else {
    const said = words(loss.problem);
    title = said.title;
    what = said.what;
  }
  return (
    <div role="alert">
      <Empty
        state={code === 'voted_otherwise' ? 'closed' : 'failed'}
        level="h2"
        title={title}
        actions={
          <Actions>
            {ours && (
              <Button kind="primary" onClick={() => props.onAgain(loss.vote)}>
                <Trans>Send the vote again</Trans>
              </Button>
            )}
            <Button kind={ours ? 'plain' : 'primary'} onClick={props.onNext}>
              <Trans>Next task</Trans>
            </Button>
          </Actions>
        }
      >
        {what}
      </Empty>
    </div>
  );
}

/** Why there is no seat in the task that a link led to. */
function NoSeatThere(props: { problem: ApiProblem; taskId: string; onNext: () => void }) {
  const words = useWords();
  const { code, status } = props.problem;
  const own = code === 'own_task';
  let title: ReactNode;
  let what: ReactNode;
  if (own) {
    title = <Trans>This task is your own</Trans>;
    what = <Trans>Others vote on it. Its page shows how many have, and for which photo.</Trans>;
  } else if (code === 'already_voted') {
    title = <Trans>You have voted on this task</Trans>;
    what = <Trans>Your vote was counted and paid. It counts once and cannot be taken back.</Trans>;
  } else if (code === 'task_closed') {
    title = <Trans>This task has ended</Trans>;
    what = <Trans>It takes no more votes. Others may be open.</Trans>;
  } else if (code === 'task_full') {
    title = <Trans>Every seat of this task is taken</Trans>;
    what = (
      <Trans>
        As many people vote on it at this moment as votes are left. If one of them leaves, this link
        leads to that seat.
      </Trans>
    );
  } else if (status === 404 || status === 400) {
    title = <Trans>There is no such task</Trans>;
    what = <Trans>The link may be cut short, or the task is not open yet.</Trans>;
  } else {
    ({ title, what } = words(props.problem));
  }
  return (
    <Empty
      state="closed"
      level="h2"
      title={title}
      actions={
        <Actions>
          {own && (
            <LinkButton kind="primary" to={`/hire/tasks/${encodeURIComponent(props.taskId)}`}>
              <Trans>See its results</Trans>
            </LinkButton>
          )}
          <Button kind={own ? 'plain' : 'primary'} onClick={props.onNext}>
            <Trans>Next task</Trans>
          </Button>
        </Actions>
      }
    >
      {what}
    </Empty>
  );
}

function CountedNote({ counted }: { counted: Counted }) {
  return (
    <p role="status">
      <State state="final">
        <Trans>
          Counted. You earned <Money minor={counted.earnedMinor} asset={counted.asset} inherit />
        </Trans>
      </State>
    </p>
  );
}

function Done(props: { accountId: string; asset: Asset; skipped: boolean }) {
  const today = useDays(props.accountId, props.asset).on(new Date());
  return (
    <Empty
      state={props.skipped ? 'closed' : 'final'}
      level="h2"
      title={
        props.skipped ? (
          <Trans>Skipped, and nothing else is open</Trans>
        ) : (
          <Trans>You have voted on everything</Trans>
        )
      }
      actions={
        <Actions>
          <LinkButton kind="primary" to="/work/projects">
            <Trans>Look at projects</Trans>
          </LinkButton>
          <LinkButton to="/work/earnings">
            <Trans>See your earnings</Trans>
          </LinkButton>
        </Actions>
      }
    >
      {today && (
        <>
          <Plural value={today.votes} one="# vote today" other="# votes today" />
          {': '}
          <Money minor={today.earnedMinor} asset={props.asset} />
          {'. '}
        </>
      )}
      <Trans>A new task appears here by itself while this page is open.</Trans>
    </Empty>
  );
}
