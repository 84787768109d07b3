import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useState } from 'react';
import { Link, useParams } from 'react-router';
import { ApiProblem, api, ask, useWish } from '#/api';
import { NoSuchPage } from '#/app/NoSuchPage';
import { Trouble } from '#/app/Trouble';
import {
  Actions,
  Address,
  Button,
  type CoinState,
  Comma,
  Fact,
  Facts,
  Figure,
  Figures,
  Head,
  LinkButton,
  Money,
  Note,
  Section,
  Sheet,
  Skeleton,
  Stack,
  State,
  stickClass,
  TextArea,
  Time,
  Two,
} from '#/design';
import { i18n } from '#/i18n';
import { SignedIn } from '#/session';
import { FilePicker, Files, Fingerprint, type Picked } from './Files';
import { How } from './Milestones';
import { percent } from './money';
import styles from './projects.module.css';
import { type Dispute, type FaceSide, useDispute, useRefresh } from './queries';
import { About, CLOSED, isolated } from './words';

/** A dispute, for its two sides: what each says, what the chain shows, until when. */
export function DisputePage({ side }: { side: FaceSide }) {
  const { t } = useLingui();
  const { id = '' } = useParams();
  if (!/^[0-9a-f-]{36}-[1-4]$/.test(id)) return <NoSuchPage />;
  return (
    <SignedIn
      title={t`The dispute`}
      why={<Trans>A dispute is for its two sides and its arbiters alone.</Trans>}
    >
      <Found id={id} side={side} title={t`The dispute`} />
    </SignedIn>
  );
}

function Found(props: { id: string; side: FaceSide; title: string }) {
  const { t } = useLingui();
  const dispute = useDispute(props.id);
  if (dispute.error instanceof ApiProblem && dispute.error.status === 404) return <NoSuchPage />;
  if (dispute.data) return <Page dispute={dispute.data} side={props.side} />;
  return (
    <>
      <Head title={props.title} />
      {dispute.error ? (
        <Trouble error={dispute.error} />
      ) : (
        <Skeleton lines={6} label={t`Fetching the dispute`} />
      )}
    </>
  );
}

function Page({ dispute, side }: { dispute: Dispute; side: FaceSide }) {
  const { t } = useLingui();
  const asset = dispute.asset ?? 'STX';
  const most = Math.max(0, ...dispute.tally.map((each) => each.votes));
  const threshold = dispute.threshold ?? 1;
  const open = dispute.status === 'disputed';
  const late = isLate(dispute);
  return (
    <>
      <Head
        title={dispute.projectTitle}
        crumbs={[{ to: `/${side}/projects/${dispute.projectId}`, name: t`The project` }]}
        lead={
          <Trans>
            Milestone {dispute.milestoneNum}, {isolated(dispute.milestoneTitle)}. Disputed by{' '}
            {dispute.filer === dispute.client ? t`the client` : t`the freelancer`}.
          </Trans>
        }
      >
        <DisputeState dispute={dispute} />
      </Head>
      <div className={styles.body}>
        <Figures label={t`At a glance`} className={styles.glance ?? ''}>
          <Figure label={t`In dispute`}>
            <Money minor={dispute.amountMinor} asset={asset} />
          </Figure>
          <Figure
            label={
              dispute.filer === dispute.client ? t`Bond, by the client` : t`Bond, by the freelancer`
            }
          >
            <Money minor={dispute.bondMinor} asset={asset} />
          </Figure>
          {open ? (
            <Figure label={t`Arbiters who agree`}>
              <Trans>
                {most} of {threshold} needed
              </Trans>
            </Figure>
          ) : (
            <Figure label={t`It ended`} note={dispute.how && <How how={dispute.how} />}>
              <Trans>{percent(endedAt(dispute))} to the freelancer</Trans>
            </Figure>
          )}
          {open && dispute.defaultFrom && (
            <Figure
              label={late ? t`Nobody ruled in time` : t`If nobody rules`}
              note={
                <Trans>
                  <About height={dispute.defaultFrom} />, from block{' '}
                  {i18n.number(dispute.defaultFrom.burnHeight)}
                </Trans>
              }
            >
              <Trans>{percent(dispute.defaultBps)} to the freelancer</Trans>
            </Figure>
          )}
        </Figures>
        {open && late && <Late dispute={dispute} side={side} />}
        <Two>
          <Stack gap="loose">
            <Section title={<Trans>Both sides</Trans>}>
              <div className={styles.sides}>
                <Side dispute={dispute} side="client" />
                <Side dispute={dispute} side="freelancer" />
              </div>
            </Section>
            {open && !late && dispute.side && <AddEvidence dispute={dispute} />}
            {dispute.votes.length > 0 && (
              <Section title={<Trans>What the arbiters named</Trans>}>
                <Votes dispute={dispute} />
              </Section>
            )}
            <Section title={<Trans>What happened</Trans>}>
              <Timeline dispute={dispute} />
            </Section>
          </Stack>
          <Stack className={stickClass}>
            {dispute.netMinor !== null && <Outcome dispute={dispute} />}
            <Sheet>
              <h2>
                <Trans>What was to be done</Trans>
              </h2>
              <p className={styles.words} dir="auto">
                {dispute.acceptance || t`Nothing was written down but the title.`}
              </p>
              <Dossier dispute={dispute} />
              {open && (
                <p className="fine">
                  <Trans>
                    You can still settle, release or give way on{' '}
                    <Link to={`/${side}/projects/${dispute.projectId}`}>the project’s page</Link>.
                    This house cannot rule in the arbiters’ place.
                  </Trans>
                </p>
              )}
            </Sheet>
          </Stack>
        </Two>
      </div>
    </>
  );
}

/** The arbiters' time is over, and with it the time for evidence. */
function isLate({ defaultFrom, burnHeight }: Dispute): boolean {
  return defaultFrom !== null && burnHeight >= defaultFrom.burnHeight;
}

/** The freelancer's part of 10,000 with which it ended, fee included. */
function endedAt({ amountMinor, refundMinor }: Dispute): number {
  const whole = BigInt(amountMinor);
  return whole === 0n ? 0 : Number(((whole - BigInt(refundMinor ?? 0)) * 10_000n) / whole);
}

function Late({ dispute, side }: { dispute: Dispute; side: FaceSide }) {
  return (
    <Note
      state="disputed"
      act
      level="h2"
      title={<Trans>Too few arbiters agreed in time</Trans>}
      actions={
        <LinkButton kind="primary" to={`/${side}/projects/${dispute.projectId}`}>
          <Trans>To the project</Trans>
        </LinkButton>
      }
    >
      <p>
        <Trans>
          What was fixed when it was disputed counts now: {percent(dispute.defaultBps)} to the
          freelancer. Anyone may carry it out, there or from any wallet. Evidence is no longer
          taken.
        </Trans>
      </p>
    </Note>
  );
}

function DisputeState({ dispute }: { dispute: Dispute }) {
  const { t } = useLingui();
  const words: Record<string, [CoinState, string]> = {
    disputed: ['disputed', t`Disputed`],
    approved: ['final', t`Paid to the freelancer`],
    split: ['split', t`Split`],
    refunded: ['refunded', t`Given back`],
  };
  const [coin, said] = words[dispute.status] ?? ['waiting', t`Not disputed`];
  const final = dispute.status === dispute.finalStatus;
  return (
    <State state={final ? coin : 'provisional'} live={!final}>
      {!final ? t`${said}, not final` : CLOSED.includes(dispute.status) ? t`${said}, final` : said}
    </State>
  );
}

function Side({ dispute, side }: { dispute: Dispute; side: 'client' | 'freelancer' }) {
  const pieces = dispute.evidence.filter((each) => each.side === side);
  return (
    <section className={styles.side}>
      <div>
        <h3>
          {side === dispute.side ? (
            <Trans>You</Trans>
          ) : side === 'client' ? (
            <Trans>Client</Trans>
          ) : (
            <Trans>Freelancer</Trans>
          )}
        </h3>
        <Address of={dispute[side]} />
      </div>
      {pieces.length === 0 && (
        <p className="muted">
          <Trans>Nothing was handed in so far.</Trans>
        </p>
      )}
      {pieces.map((each) => (
        <div key={each.id} className={styles.piece}>
          {each.text && (
            <p className={styles.quote} dir="auto">
              {each.text}
            </p>
          )}
          <Files files={each.files} from={{ dispute: dispute.id, evidence: each.id }} />
          <p className="fine">
            <Time at={each.handedInAt} />
            <Comma />
            <Fingerprint sha256={each.sha256} />
          </p>
        </div>
      ))}
    </section>
  );
}

function AddEvidence({ dispute }: { dispute: Dispute }) {
  const { t } = useLingui();
  const refresh = useRefresh(dispute.projectId);
  const [text, setText] = useState('');
  const [picked, setPicked] = useState<Picked[]>([]);
  const wish = useWish();
  const [tried, setTried] = useState(false);
  const empty = text.trim() === '' && picked.length === 0;
  const add = useMutation({
    mutationFn: () => {
      const body = { text, files: picked.map((each) => each.id) };
      return ask(
        api.POST('/api/disputes/{dispute_id}/evidence', {
          params: {
            path: { dispute_id: dispute.id },
            header: { 'Idempotency-Key': wish.keyOf([dispute.id, body]) },
          },
          body,
        }),
      );
    },
    onSuccess: async () => {
      wish.done();
      setText('');
      setPicked([]);
      setTried(false);
      await refresh();
    },
  });
  function submit(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (!empty && !add.isPending) add.mutate();
  }
  return (
    <Section title={<Trans>Your evidence</Trans>}>
      <form className={styles.form} onSubmit={submit}>
        <TextArea
          label={t`In your words`}
          help={t`Shown to the other side and to the arbiters at once. It stays as it is.`}
          rows={4}
          maxLength={10_000}
          value={text}
          error={tried && empty ? t`Write something, or add a document.` : undefined}
          onChange={(event) => setText(event.target.value)}
        />
        <FilePicker picked={picked} onChange={setPicked} />
        <Trouble error={add.error} />
        <Actions>
          <Button kind="primary" type="submit" disabled={add.isPending}>
            <Trans>Hand in this evidence</Trans>
          </Button>
          <span className="fine">
            <Trans>It cannot be changed or taken back.</Trans>
          </span>
        </Actions>
      </form>
    </Section>
  );
}

function Timeline({ dispute }: { dispute: Dispute }): ReactNode {
  const { t } = useLingui();
  const names: Record<string, string> = {
    'project-created': t`The client locked the money.`,
    'project-accepted': t`The freelancer took the project on.`,
    'milestone-completed': t`The milestone was handed in.`,
    'dispute-filed': t`It was disputed, and the bond put up.`,
    'vote-cast': t`An arbiter named a split.`,
    'settlement-offered': t`A split was offered.`,
    'milestone-settled': t`Both sides settled, and the money was paid.`,
    'milestone-released': t`The client released the money.`,
    'milestone-claimed': t`The money was claimed for the freelancer.`,
    'milestone-conceded': t`The freelancer gave the money back.`,
    'milestone-reclaimed': t`The client took the money back.`,
    'dispute-resolved': t`The dispute was closed, and the money paid.`,
  };
  const name = (of: string) => names[of] ?? of;
  return (
    <ol className={styles.line}>
      {dispute.timeline.map((each) => (
        <li key={`${each.txId}-${each.name}-${each.milestoneNum}`}>
          <Time at={each.at} />
          <span>
            {isChange(dispute, each) ? t`An arbiter named another split.` : name(each.name)}{' '}
            {each.bps !== null && NAMES_A_PART.includes(each.name) && (
              <Trans>{percent(each.bps)} to the freelancer.</Trans>
            )}{' '}
            {each.actor && <Address of={each.actor} />}{' '}
            {each.state !== 'final' && (
              <State state="provisional" live>
                {t`Seen, not final`}
              </State>
            )}
          </span>
        </li>
      ))}
    </ol>
  );
}

type Happened = Dispute['timeline'][number];

/** Events that say a part of the freelancer's; of the others it is all or nothing. */
const NAMES_A_PART = ['vote-cast', 'settlement-offered', 'milestone-settled', 'dispute-resolved'];

/** Whether an arbiter names a figure who had named one before. */
function isChange({ timeline }: Dispute, event: Happened): boolean {
  return (
    event.name === 'vote-cast' &&
    timeline
      .slice(0, timeline.indexOf(event))
      .some((each) => each.name === 'vote-cast' && each.actor === event.actor)
  );
}

/** Who got what, once the milestone is closed: the milestone and the bond, to the last unit. */
function Outcome({ dispute }: { dispute: Dispute }) {
  const { t } = useLingui();
  const asset = dispute.asset ?? 'STX';
  const net = BigInt(dispute.netMinor ?? 0);
  const back = BigInt(dispute.refundMinor ?? 0);
  const bond = BigInt(dispute.bondMinor);
  const whole = BigInt(dispute.amountMinor);
  const fee = whole - net - back;
  // The bond is the other side's when who filed ends with nothing of the milestone.
  const filedByClient = dispute.filer === dispute.client;
  const lost = filedByClient ? back === 0n : net + fee === 0n;
  const bondToClient = filedByClient !== lost;
  const final = dispute.status === dispute.finalStatus;
  return (
    <Sheet>
      <h2>
        <Trans>How it ended</Trans>
      </h2>
      <p>{dispute.how && <How how={dispute.how} />}</p>
      <Facts>
        <Fact name={dispute.side === 'freelancer' ? t`To you` : t`To the freelancer`}>
          <Money minor={net} asset={asset} />
        </Fact>
        {fee > 0n && (
          <Fact name={t`Fee of this house`}>
            <Money minor={fee} asset={asset} />
          </Fact>
        )}
        <Fact name={dispute.side === 'client' ? t`Back to you` : t`Back to the client`}>
          <Money minor={back} asset={asset} />
        </Fact>
        <Fact name={bondToClient ? t`Bond, to the client` : t`Bond, to the freelancer`}>
          <Money minor={bond} asset={asset} />
        </Fact>
        <Fact name={t`In dispute, with bond`} sum={final}>
          <Money minor={whole + bond} asset={asset} />
        </Fact>
      </Facts>
      {!final && (
        <p>
          <State state="provisional" live>
            <Trans>Not final: it can still be undone</Trans>
          </State>
        </p>
      )}
    </Sheet>
  );
}

/** The figure that each arbiter named last; enough of them must name the same. */
function Votes({ dispute }: { dispute: Dispute }) {
  const most = Math.max(0, ...dispute.tally.map((each) => each.votes));
  const threshold = dispute.threshold ?? 1;
  const count = dispute.voters.length;
  const figures = dispute.tally.length;
  const open = dispute.status === 'disputed' && !isLate(dispute);
  const silent = dispute.voters.filter(
    (voter) => !dispute.votes.some((each) => each.arbiter === voter),
  );
  return (
    <>
      <Facts>
        {dispute.votes.map((each) => (
          <Fact key={each.arbiter} name={<Address of={each.arbiter} />}>
            <Trans>{percent(each.bps)} to the freelancer</Trans>
          </Fact>
        ))}
        {silent.map((voter) => (
          <Fact key={voter} name={<Address of={voter} />}>
            <span className="muted">
              {open ? <Trans>Nothing named so far</Trans> : <Trans>Named nothing</Trans>}
            </span>
          </Fact>
        ))}
      </Facts>
      {open && (
        <p className="fine">
          {figures > 1 ? (
            <Trans>
              They name different figures, and nothing is averaged: {threshold} of {count} must name
              the same one.
            </Trans>
          ) : (
            <Trans>
              {threshold} of {count} must name the same figure.
            </Trans>
          )}{' '}
          <Plural
            value={most}
            one="So far no two do. Each may change what was named."
            other="So far # do. Each may change what was named."
          />
        </p>
      )}
    </>
  );
}

/** The signed record; it is made when it is asked for, and can be checked without this house. */
function Dossier({ dispute }: { dispute: Dispute }) {
  const path = { params: { path: { dispute_id: dispute.id } } };
  const get = useMutation({
    mutationFn: async () => {
      await ask(api.POST('/api/disputes/{dispute_id}/dossier', path));
      for (let look = 0; ; look += 1) {
        try {
          return await ask(api.GET('/api/disputes/{dispute_id}/dossier', path));
        } catch (error) {
          const absent = error instanceof ApiProblem && error.status === 404;
          if (!absent || look > 60) throw error;
        }
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    },
    onSuccess: ({ download }) => location.assign(download.url),
  });
  return (
    <>
      <Actions>
        <Button disabled={get.isPending} onClick={() => get.mutate()}>
          {get.isPending ? (
            <Trans>The dossier is being made</Trans>
          ) : (
            <Trans>Download the dossier</Trans>
          )}
        </Button>
      </Actions>
      <p className="fine">
        <Trans>Everything that is final, signed. It can be checked without us.</Trans>
      </p>
      <Trouble error={get.error} />
    </>
  );
}
