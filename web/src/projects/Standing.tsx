import { Trans, useLingui } from '@lingui/react/macro';
import { Button, buttonClass, LinkButton, Note } from '#/design';
import { useExplorer } from '#/session';
import { ActWords, type Wanted } from './Acts';
import market from './market.module.css';
import { type FaceSide, type Project, useProposals } from './queries';

type Failed = Project['failed'][number];

/** What everybody with a part in it must know first: it is called off, or a call came to nothing. */
export function Standing(props: {
  project: Project;
  side: FaceSide;
  onAct: (wanted: Wanted) => void;
}) {
  const { project } = props;
  return (
    <div className={market.notes}>
      {project.stage === 'cancelled' && !project.funding?.escrow && <CalledOff {...props} />}
      {project.part === 'proposer' && project.stage === 'open' && <Outdated project={project} />}
      {project.failed
        .filter((each) => each.creationTxId === null)
        .map((each) => (
          <CallFailed key={each.txId} failed={each} project={project} onAct={props.onAct} />
        ))}
    </div>
  );
}

function CalledOff({ project, side }: { project: Project; side: FaceSide }) {
  const { t } = useLingui();
  const own = project.part === 'client';
  return (
    <Note
      state="closed"
      act
      level="h2"
      title={own ? t`You called this project off` : t`The client called this project off`}
      actions={
        own ? (
          <LinkButton to="/hire/projects/new">{t`Post another project`}</LinkButton>
        ) : (
          <LinkButton to={`/${side}/projects`}>{t`Find other work`}</LinkButton>
        )
      }
    >
      <p>
        <Trans>Nothing was locked in it, so no money moved. It takes no proposals any more.</Trans>
      </p>
    </Note>
  );
}

/** Whoever proposed to other terms is asked first of all; what was changed stands further down. */
function Outdated({ project }: { project: Project }) {
  const { t } = useLingui();
  const proposals = useProposals(project);
  const own = proposals.data?.items.find((each) => each.status === 'waiting');
  if (!own || own.termsVersion === project.termsVersion) return null;
  return (
    <Note
      state="look"
      act
      level="h2"
      title={t`Your turn: the terms changed since you proposed`}
      actions={
        <a className={buttonClass({ kind: 'primary' })} href="#proposals">
          <Trans>See what changed</Trans>
        </a>
      }
    >
      <p>
        <Trans>Your proposal waits until you stand by it, or take it back.</Trans>
      </p>
    </Note>
  );
}

/** A call that was sent, and of which nothing came: why, and the same act again. */
export function CallFailed(props: {
  failed: Failed;
  project: Project;
  onAct: (wanted: Wanted) => void;
  level?: 'h2' | 'h4';
}) {
  const { failed, project, level = 'h2' } = props;
  const { t } = useLingui();
  const explorer = useExplorer();
  const wanted: Wanted = { act: failed.act, num: failed.milestoneNum };
  const what = <ActWords project={project} wanted={{ ...wanted, bps: null }} />;
  const why: Record<Failed['failure'], string> = {
    refused: t`The contract refused it, and the chain undid all of it. Something stood otherwise by the time it came into a block, or the wallet held too little. The network kept its fee; no other money moved.`,
    other_sum: t`Another sum would have moved than the one that was signed for, so the chain undid all of it. The network kept its fee; no other money moved.`,
    other_call: t`What was sent is in a block, and it is no call of this contract. Nothing happened in the project by it.`,
    dropped: t`It was thrown out before it came into a block, as happens with too low a fee. Nothing moved and no fee was taken.`,
  };
  const link = explorer('chainTx', 'stacks', failed.txId);
  return (
    <Note
      state="failed"
      act
      level={level}
      title={<Trans>Came to nothing: {what}</Trans>}
      actions={
        failed.yours && (
          <Button kind="primary" onClick={() => props.onAct(wanted)}>
            <Trans>Sign it again</Trans>
          </Button>
        )
      }
    >
      <p>
        {why[failed.failure]}{' '}
        {link && (
          <a href={link} rel="noreferrer" target="_blank">
            <Trans>Transaction</Trans>
          </a>
        )}
      </p>
    </Note>
  );
}
