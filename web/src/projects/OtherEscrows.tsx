import { Trans, useLingui } from '@lingui/react/macro';
import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { api, ask } from '#/api';
import { Trouble } from '#/app/Trouble';
import {
  Actions,
  Address,
  Button,
  type CoinState,
  Fact,
  Facts,
  Note,
  Section,
  Sheet,
  State,
} from '#/design';
import { i18n } from '#/i18n';
import { useExplorer } from '#/session';
import { ActWords, useActs, type Wanted } from './Acts';
import { Differences, differs, Sum } from './Differences';
import { percent } from './money';
import styles from './projects.module.css';
import { at, type Escrow, type Project, useRefresh, useRights } from './queries';
import { RightsTable } from './Rights';
import { CallFailed } from './Standing';
import { isReferenceSpent } from './TurnParts';
import { About, CLOSED, currentMilestone } from './words';

/**
 * Escrows of the same two sides that are not this project's: those that differ from what was agreed
 * on, and those that are equal, of which the client names one. Nothing here is guessed.
 */
export function OtherEscrows({ project }: { project: Project }) {
  const funding = project.funding;
  const others = funding?.others ?? [];
  if (!funding || others.length === 0) return null;
  const choosing = funding.candidates.length > 0;
  const equal = others.filter((each) => !differs(project, each)).length;
  return (
    <Section
      id="escrows"
      title={
        choosing ? (
          <Trans>Which escrow is it?</Trans>
        ) : others.length === 1 ? (
          <Trans>Another escrow</Trans>
        ) : (
          <Trans>Other escrows</Trans>
        )
      }
    >
      <p className={styles.words}>
        {choosing ? (
          <Trans>
            The contract holds money of the same two sides, in the sums that were agreed on, but it
            does not say for which project. We do not guess: the client says which is meant, once.
            It moves no money.
          </Trans>
        ) : equal === 1 && others.length === 1 ? (
          <Trans>
            There are two equal escrows of the same two sides. This one is not counted as the
            project’s. What the contract allows can be done with it all the same.
          </Trans>
        ) : equal > 0 ? (
          <Trans>
            The contract holds more money of the same two sides, some of it in equal escrows. It is
            not counted as this project’s. What the contract allows can be done with it all the
            same.
          </Trans>
        ) : (
          <Trans>
            The contract holds money of the same two sides that is not what was agreed on here. It
            is not counted as this project’s. What the contract allows can be done with it all the
            same.
          </Trans>
        )}
      </p>
      <div className={styles.others}>
        {others.map((each) => (
          <Other key={each.creationTxId} project={project} escrow={each} />
        ))}
      </div>
    </Section>
  );
}

function Other({ project, escrow }: { project: Project; escrow: Escrow }) {
  const explorer = useExplorer();
  const seen = useSeenAs(project, escrow);
  const rights = useRights(project, escrow.creationTxId).data;
  const acts = useActs(seen, { rights, creationTxId: escrow.creationTxId });
  const candidate = project.funding?.candidates.includes(escrow.creationTxId) ?? false;
  const link = explorer('chainTx', 'stacks', escrow.creationTxId);
  const about = (each: { creationTxId: string | null }) =>
    each.creationTxId === escrow.creationTxId;
  const awaited = project.awaited.find(about);
  const mine = (rights?.items ?? []).filter((each) => each.mine);
  const whole = mine.filter((each) => each.milestoneNum === null);
  const current = currentMilestone(seen);
  return (
    <Sheet>
      <div className={styles.otherHead}>
        <h3>
          <Trans>
            An escrow of <Sum minor={escrow.totalMinor} escrow={escrow} />
          </Trans>
        </h3>
        <EscrowState escrow={escrow} />
      </div>
      <p className="fine">
        {escrow.createdAt && (
          <Trans>
            Created in block {i18n.number(escrow.createdAt.burnHeight)},{' '}
            <About height={escrow.createdAt} />. Project {escrow.number} of the contract.
          </Trans>
        )}{' '}
        {link ? (
          <a href={link} rel="noreferrer" target="_blank">
            <Trans>Transaction</Trans>
          </a>
        ) : (
          <span className={styles.code} title={escrow.creationTxId}>
            {escrow.creationTxId.slice(0, 10)}…
          </span>
        )}
      </p>
      {differs(project, escrow) ? (
        <Differences project={project} escrow={escrow} />
      ) : (
        <p>
          <Trans>It is what was agreed on, to the last unit.</Trans>
        </p>
      )}
      <Holds escrow={escrow} />
      {awaited ? (
        <Note
          state="waiting"
          live
          level="h4"
          title={
            <Trans>
              Sent: <ActWords project={seen} wanted={wantedOf(awaited)} />
            </Trans>
          }
        >
          <p>
            <Trans>The chain does not show it yet. Nothing has moved until then.</Trans>
          </p>
        </Note>
      ) : (
        <>
          {project.failed.filter(about).map((each) => (
            <CallFailed
              key={each.txId}
              failed={each}
              project={seen}
              onAct={acts.start}
              level="h4"
            />
          ))}
          {candidate && <Choose project={project} escrow={escrow} />}
          <p>
            <MayBeDone
              project={seen}
              escrow={escrow}
              burnHeight={rights?.burnHeight ?? null}
              lockable={project.funding?.escrow == null && !isReferenceSpent(project)}
            />
          </p>
          {whole.length > 0 && (
            <Actions>
              {whole.map((right) => {
                const wanted = { act: right.act, num: null };
                return (
                  <Button key={right.act} onClick={() => acts.start(wanted)}>
                    <ActWords project={seen} wanted={wanted} />
                  </Button>
                );
              })}
            </Actions>
          )}
          {current && rights && escrow.state === 'final' && (
            <details className={styles.fold} open={escrow.accepted || undefined}>
              <summary>
                <Trans>Who may do what about milestone {current.num}</Trans>
              </summary>
              <RightsTable
                project={seen}
                milestone={current}
                rights={rights}
                onAct={acts.start}
                shown={[]}
              />
            </details>
          )}
        </>
      )}
      {acts.dialog}
    </Sheet>
  );
}

function wantedOf({ act, milestoneNum }: Project['awaited'][number]): Wanted {
  return { act, num: milestoneNum, bps: null };
}

/** The project as it would be if this escrow were its own: its acts, sums and rights are shown so. */
function useSeenAs(project: Project, escrow: Escrow): Project {
  const { t } = useLingui();
  const agreed = project.agreement;
  const { part } = project;
  const isParty =
    (part === 'client' && escrow.client === agreed?.clientAddress) ||
    (part === 'freelancer' && escrow.freelancer === agreed?.freelancerAddress);
  return {
    ...project,
    part: isParty ? part : null,
    asset: escrow.asset ?? project.asset,
    silentBps: escrow.silentBps,
    funding: project.funding && {
      ...project.funding,
      escrow,
      state: escrow.state,
      mayStart: escrow.state === 'final',
    },
    milestones: escrow.milestones.map((each) => ({
      ...each,
      title: project.milestones[each.num - 1]?.title ?? t`Milestone ${each.num}`,
      acceptance: '',
      days: 0,
      submittedTxId: null,
      closedTxId: null,
      dispute: null,
    })),
  };
}

function EscrowState({ escrow }: { escrow: Escrow }) {
  const { t } = useLingui();
  const words: Record<string, [CoinState, string]> = {
    active: ['locked', t`Locked`],
    disputed: ['disputed', t`Disputed`],
    completed: ['final', t`Paid out`],
    refunded: ['refunded', t`Given back`],
    cancelled: ['refunded', t`Cancelled, given back`],
  };
  const [coin, said] = words[escrow.status] ?? ['look', escrow.status];
  const final = escrow.status === escrow.finalStatus;
  return (
    <State state={final ? coin : 'provisional'} live={!final}>
      {final ? t`${said}, final` : t`${said}, not final`}
    </State>
  );
}

/** Its milestones, whom it pays and when they are due. */
function Holds({ escrow }: { escrow: Escrow }) {
  const { t } = useLingui();
  return (
    <Facts size="small">
      {escrow.milestones.map((each) => (
        <Fact
          key={each.num}
          name={
            <>
              {t`Milestone ${each.num}`}
              {each.deadline && !CLOSED.includes(each.status) && (
                <span className={styles.due}>
                  <Trans>
                    due <About height={each.deadline} />
                  </Trans>
                </span>
              )}
            </>
          }
        >
          <Sum minor={each.amountMinor} escrow={escrow} />
        </Fact>
      ))}
      <Fact name={t`It pays`}>
        <Address of={escrow.freelancer} />
      </Fact>
      <Fact name={t`If arbiters stay silent`}>
        <Trans>{percent(escrow.silentBps)} to the freelancer</Trans>
      </Fact>
    </Facts>
  );
}

/** What may be done about it now, in words, by whoever reads. */
function MayBeDone(props: {
  project: Project;
  escrow: Escrow;
  burnHeight: number | null;
  /** What was agreed on can still be locked. */
  lockable: boolean;
}): ReactNode {
  const { project, escrow, burnHeight, lockable } = props;
  const needed = project.funding?.burnBlocksNeeded ?? 0;
  if (escrow.milestones.every((each) => CLOSED.includes(each.status))) {
    return <Trans>Nothing is left in it. There is nothing to do.</Trans>;
  }
  if (!escrow.asset) {
    return (
      <Trans>
        Its token is none that this house knows. We prepare no call for it; the contract can still
        be called from any wallet.
      </Trans>
    );
  }
  if (escrow.state !== 'final') {
    const since = Math.max(0, (burnHeight ?? 0) - (escrow.createdAt?.burnHeight ?? 0));
    const built = Math.min(since, needed);
    return (
      <Trans>
        {built} of {needed} Bitcoin blocks are built on it. Until then nothing on it can be signed,
        and it can still be undone.
      </Trans>
    );
  }
  if (escrow.accepted) {
    return (
      <Trans>
        It was taken on as it is: what the contract says of it holds, and not what was agreed on
        here.
      </Trans>
    );
  }
  switch (project.part) {
    case 'client':
      if (!lockable) {
        return (
          <Trans>
            You can cancel it and have all of it back, until the freelancer takes it on.
          </Trans>
        );
      }
      return (
        <Trans>
          You can cancel it and have all of it back, until the freelancer takes it on. Then lock
          what was agreed on.
        </Trans>
      );
    case 'freelancer':
      return (
        <Trans>
          Take it on only if you want it as it is: then what stands above holds, and not what was
          agreed on. Declining sends all of it back to the client.
        </Trans>
      );
    default:
      return <Trans>It is not yours: another wallet is named in it.</Trans>;
  }
}

function Choose({ project, escrow }: { project: Project; escrow: Escrow }): ReactNode {
  const refresh = useRefresh(project.id);
  const choose = useMutation({
    mutationFn: () =>
      ask(
        api.PUT('/api/projects/{project_id}/escrow', {
          ...at(project.id),
          body: { txId: escrow.creationTxId },
        }),
      ),
    onSuccess: refresh,
  });
  if (project.part !== 'client') {
    return (
      <State state="waiting">
        <Trans>The client says whether it is for this project</Trans>
      </State>
    );
  }
  return (
    <>
      <Actions>
        <Button kind="primary" disabled={choose.isPending} onClick={() => choose.mutate()}>
          <Trans>It is for this project</Trans>
        </Button>
        <span className="fine">
          <Trans>It cannot be said otherwise later.</Trans>
        </span>
      </Actions>
      <Trouble error={choose.error} />
    </>
  );
}
