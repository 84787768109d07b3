import { Trans, useLingui } from '@lingui/react/macro';
import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { api, ask } from '#/api';
import { Trouble } from '#/app/Trouble';
import { Actions, Button, Comma, Ledger, Money, Note, Skeleton, Time } from '#/design';
import market from './market.module.css';
import { percent } from './money';
import { type Project, type Proposal, type Terms, useRefresh, useTerms } from './queries';
import { useDays } from './words';

/** A freelancer proposed, and then the client changed what is wanted: old and new side by side. */
export function TermsChanged(props: { proposal: Proposal; project: Project; takeBack: ReactNode }) {
  const { proposal, project } = props;
  const { t } = useLingui();
  const days = useDays();
  const refresh = useRefresh(project.id);
  const before = useTerms(project.id, proposal.termsVersion);
  const now = useTerms(project.id, project.termsVersion);
  const confirm = useMutation({
    mutationFn: () =>
      ask(
        api.PUT('/api/proposals/{proposal_id}/terms', {
          params: { path: { proposal_id: proposal.id } },
          body: { termsVersion: project.termsVersion },
        }),
      ),
    onSuccess: refresh,
  });
  const trouble = confirm.error ?? before.error ?? now.error;
  const sum = <Money minor={proposal.budgetMinor} asset={project.asset} inherit />;
  const fits = proposal.milestones.length === project.milestones.length;
  return (
    <div className={market.changed}>
      <Note
        state="look"
        title={
          before.data?.replacedAt ? (
            <Trans>
              The terms changed: <Time at={before.data.replacedAt} />
            </Trans>
          ) : (
            <Trans>The terms have changed since you proposed</Trans>
          )
        }
      >
        <p>
          {fits ? (
            <Trans>
              Your figures are as they were: {sum}, ready in {days(proposal.days)}. The client can
              accept them once you stand by them for what is wanted now, or you take your proposal
              back.
            </Trans>
          ) : (
            <Trans>
              There is another number of milestones now, so your figures no longer fit. Take your
              proposal back and make another one.
            </Trans>
          )}
        </p>
      </Note>
      {before.data && now.data ? (
        <Compared before={before.data} now={now.data} project={project} />
      ) : (
        trouble == null && <Skeleton lines={4} label={t`Fetching what was changed`} />
      )}
      <Actions>
        {fits && (
          <Button
            kind="primary"
            disabled={confirm.isPending || !now.data}
            onClick={() => confirm.mutate()}
          >
            <span>
              <Trans>Stand by {sum} for the new terms</Trans>
            </span>
          </Button>
        )}
        {props.takeBack}
      </Actions>
      <Trouble error={trouble} />
    </div>
  );
}

interface Row {
  key: string;
  name: string;
  before: ReactNode;
  now: ReactNode;
}

/** Only what differs, in the order of the page. */
function Compared(props: { before: Terms; now: Terms; project: Project }) {
  const { t } = useLingui();
  const days = useDays();
  const { before, now, project } = props;
  const { asset } = project;
  const rows: Row[] = [];
  const text = (key: string, name: string, one: string, other: string) => {
    if (one !== other)
      rows.push({ key, name, before: <Words of={one} />, now: <Words of={other} /> });
  };
  text('title', t`Title`, before.title, now.title);
  text('description', t`Description`, before.description, now.description);
  for (let at = 0; at < Math.max(before.milestones.length, now.milestones.length); at += 1) {
    const one = before.milestones[at];
    const other = now.milestones[at];
    const num = at + 1;
    const whole = (each: Terms['milestones'][number]) => (
      <>
        <Words of={each.title} />
        <br />
        <Money minor={each.amountMinor} asset={asset} />
        <Comma />
        {days(each.days)}
      </>
    );
    if (!one || !other) {
      rows.push({
        key: `m${num}`,
        name: t`Milestone ${num}`,
        before: one ? whole(one) : <None />,
        now: other ? whole(other) : <None />,
      });
      continue;
    }
    text(`m${num}t`, t`Milestone ${num}`, one.title, other.title);
    text(`m${num}a`, t`Milestone ${num}, done when`, one.acceptance, other.acceptance);
    if (one.amountMinor !== other.amountMinor) {
      rows.push({
        key: `m${num}s`,
        name: t`Milestone ${num}, sum wanted`,
        before: <Money minor={one.amountMinor} asset={asset} />,
        now: <Money minor={other.amountMinor} asset={asset} />,
      });
    }
    if (one.days !== other.days) {
      rows.push({
        key: `m${num}d`,
        name: t`Milestone ${num}, due in`,
        before: days(one.days),
        now: days(other.days),
      });
    }
  }
  if (before.silentBps !== now.silentBps) {
    rows.push({
      key: 'silent',
      name: t`If arbiters stay silent, to you`,
      before: percent(before.silentBps),
      now: percent(now.silentBps),
    });
  }
  return (
    <Ledger
      caption={t`What was changed`}
      dense
      rows={rows}
      rowKey={(row) => row.key}
      columns={[
        { key: 'what', name: t`What`, rowHead: true, fold: 'wide', cell: (row) => row.name },
        {
          key: 'before',
          name: t`You proposed to`,
          fold: 'wide',
          label: t`You proposed to:`,
          cell: (row) => row.before,
        },
        {
          key: 'now',
          name: t`Wanted now`,
          fold: 'wide',
          label: t`Wanted now:`,
          cell: (row) => <b>{row.now}</b>,
        },
      ]}
    />
  );
}

function None() {
  return (
    <span className="muted">
      <Trans>Not there</Trans>
    </span>
  );
}

function Words({ of }: { of: string }) {
  return of === '' ? (
    <span className="muted">
      <Trans>Nothing</Trans>
    </span>
  ) : (
    <span className={market.text} dir="auto">
      {of}
    </span>
  );
}
