import { Trans, useLingui } from '@lingui/react/macro';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { api, ask, useWish } from '#/api';
import { Trouble } from '#/app/Trouble';
import { Actions, Button, TextArea, Time } from '#/design';
import type { Wanted } from './Acts';
import { saysSomething } from './blank';
import { FilePicker, Files, type Picked } from './Files';
import { LinksField, readLinks } from './LinksField';
import { Links } from './Proposals';
import styles from './projects.module.css';
import { type Milestone, type Project, type Rights, useDeliverables, useRefresh } from './queries';

/** What was handed in for a milestone, newest first. */
export function Deliveries({ project, milestone }: { project: Project; milestone: Milestone }) {
  const found = useDeliverables(project.id, milestone.num, true);
  const items = found.data?.items ?? [];
  if (items.length === 0) return null;
  return (
    <ol className={styles.deliveries} reversed>
      {items.map((each) => (
        <li key={each.id}>
          <h4>
            <Trans>Version {each.version}</Trans>{' '}
            <span className="fine">
              <Time at={each.createdAt} />
            </span>
          </h4>
          {each.note && (
            <p className={styles.words} dir="auto">
              {each.note}
            </p>
          )}
          <Links links={each.links} />
          <Files files={each.files} from={{ project: project.id, deliverable: each.id }} />
        </li>
      ))}
    </ol>
  );
}

/** The work goes to the client first; then the wallet says on the chain that it is there. */
export function HandIn(props: {
  project: Project;
  milestone: Milestone;
  rights: Rights | undefined;
  onAct: (wanted: Wanted) => void;
}) {
  const { project, milestone } = props;
  const { t } = useLingui();
  const refresh = useRefresh(project.id);
  const found = useDeliverables(project.id, milestone.num, true);
  const [note, setNote] = useState('');
  const [links, setLinks] = useState('');
  const [picked, setPicked] = useState<Picked[]>([]);
  const wish = useWish();
  const [tried, setTried] = useState(false);
  const { num } = milestone;
  const read = readLinks(links);
  const empty = !saysSomething(note) && picked.length === 0 && (read?.length ?? 0) === 0;
  const given = (found.data?.items.length ?? 0) > 0;
  const mayComplete =
    milestone.status === 'locked' &&
    (props.rights?.items.some(
      (each) => each.act === 'complete' && each.milestoneNum === num && each.mine,
    ) ??
      false);
  const send = useMutation({
    mutationFn: () => {
      const body = { note, links: read ?? [], files: picked.map((each) => each.id) };
      return ask(
        api.POST('/api/projects/{project_id}/milestones/{num}/deliverables', {
          params: {
            path: { project_id: project.id, num },
            header: { 'Idempotency-Key': wish.keyOf([project.id, num, body]) },
          },
          body,
        }),
      );
    },
    onSuccess: async () => {
      wish.done();
      setNote('');
      setLinks('');
      setPicked([]);
      setTried(false);
      await refresh();
      if (mayComplete) props.onAct({ act: 'complete', num });
    },
  });
  function submit(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (!empty && read !== null && !send.isPending) send.mutate();
  }
  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      <TextArea
        label={given ? t`A further version of milestone ${num}` : t`Your work for milestone ${num}`}
        help={t`A note, links, documents. The client sees it at once; older versions stay.`}
        rows={3}
        maxLength={2_000}
        value={note}
        error={tried && empty ? t`Hand in a note, a link or a document.` : undefined}
        onChange={(event) => setNote(event.target.value)}
      />
      <LinksField value={links} onChange={setLinks} />
      <FilePicker picked={picked} onChange={setPicked} />
      <Trouble error={send.error} />
      <Actions>
        <Button kind={given ? 'plain' : 'primary'} type="submit" disabled={send.isPending}>
          {given ? <Trans>Add this version</Trans> : <Trans>Hand in, then sign</Trans>}
        </Button>
        {given && mayComplete && (
          <Button kind="primary" onClick={() => props.onAct({ act: 'complete', num })}>
            <Trans>Sign that milestone {num} is done</Trans>
          </Button>
        )}
      </Actions>
      {mayComplete && (
        <p className="fine">
          <Trans>
            The client’s time to look begins with your signature on the chain, not with the upload.
          </Trans>
        </p>
      )}
    </form>
  );
}
