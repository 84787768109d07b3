import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ask } from '#/api';
import { Trouble } from '#/app/Trouble';
import { Actions, Button, Dialog, LinkButton, Note, Section } from '#/design';
import { at, type Project, useRefresh } from './queries';

/** What its client can still do with a project as long as no money is locked in it. */
export function Manage({ project }: { project: Project }) {
  const { t } = useLingui();
  if (project.part !== 'client' || project.funding?.escrow) return null;
  if (project.stage !== 'open' && project.stage !== 'pending') return null;
  return (
    <Section id="manage" title={<Trans>Change or call off</Trans>}>
      <p className="fine">
        {project.stage === 'open' ? (
          <Trans>
            Nothing is locked and nothing is promised: you may change all of it, or call it off.
          </Trans>
        ) : (
          <Trans>
            A proposal is accepted and its terms are fixed. Until the money is locked you can take
            that back, or call the project off.
          </Trans>
        )}
      </p>
      <Actions>
        {project.stage === 'open' ? (
          <LinkButton to={`/hire/projects/${project.id}/edit`}>{t`Change the project`}</LinkButton>
        ) : (
          <TakeBack project={project} />
        )}
        <CallOff project={project} />
      </Actions>
    </Section>
  );
}

/** The wallet has sent the money, as far as the client said, and the chain does not show it yet. */
function Sent({ project }: { project: Project }) {
  if (!project.awaited.some((each) => each.act === 'create')) return null;
  return (
    <Note state="look" title={<Trans>Your wallet has sent the money already</Trans>}>
      <p>
        <Trans>
          If it arrives after this, the chain’s word counts: the project is agreed on and funded all
          the same.
        </Trans>
      </p>
    </Note>
  );
}

function TakeBack({ project }: { project: Project }) {
  const { t } = useLingui();
  const refresh = useRefresh(project.id);
  const [open, setOpen] = useState(false);
  const leave = useMutation({
    mutationFn: () => ask(api.DELETE('/api/projects/{project_id}/acceptance', at(project.id))),
    onSuccess: async () => {
      setOpen(false);
      await refresh();
    },
  });
  return (
    <>
      <Button onClick={() => setOpen(true)}>{t`Take the acceptance back`}</Button>
      <Dialog
        open={open}
        onClose={() => setOpen(false)}
        title={t`Take the acceptance back?`}
        coin="look"
        actions={
          <Button kind="primary" wide disabled={leave.isPending} onClick={() => leave.mutate()}>
            <Trans>Open the project for proposals again</Trans>
          </Button>
        }
      >
        <p className="muted">
          <Trans>
            No money is locked, so none moves. The project is open again: this proposal and those
            that were declined with it wait for you as before, and all of them are told.
          </Trans>
        </p>
        <Sent project={project} />
        <Trouble error={leave.error} />
      </Dialog>
    </>
  );
}

function CallOff({ project }: { project: Project }) {
  const { t } = useLingui();
  const refresh = useRefresh(project.id);
  const [open, setOpen] = useState(false);
  const cancel = useMutation({
    mutationFn: () => ask(api.POST('/api/projects/{project_id}/cancel', at(project.id))),
    onSuccess: async () => {
      setOpen(false);
      await refresh();
    },
  });
  return (
    <>
      <Button kind="quiet" onClick={() => setOpen(true)}>{t`Call it off`}</Button>
      <Dialog
        open={open}
        onClose={() => setOpen(false)}
        title={t`Call the project off?`}
        coin="look"
        actions={
          <Button kind="danger" wide disabled={cancel.isPending} onClick={() => cancel.mutate()}>
            <Trans>Call the project off for good</Trans>
          </Button>
        }
      >
        <p className="muted">
          <Trans>
            No money is locked, so none moves. It cannot be opened again; to go on, post another
            one.
          </Trans>
        </p>
        <p className="muted">
          {project.stage === 'pending' ? (
            <Trans>The agreement ends with it. Everybody who proposed is told.</Trans>
          ) : (
            <Plural
              value={project.proposalsWaiting}
              _0="Nobody has proposed, so nobody waits for you."
              one="The freelancer who proposed is told."
              other="The # freelancers who proposed are told."
            />
          )}
        </p>
        <Sent project={project} />
        <Trouble error={cancel.error} />
      </Dialog>
    </>
  );
}
