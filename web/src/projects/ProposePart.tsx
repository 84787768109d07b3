import { Trans, useLingui } from '@lingui/react/macro';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { api, ask, useWish } from '#/api';
import { Trouble } from '#/app/Trouble';
import {
  Actions,
  Button,
  FieldRow,
  formatFigure,
  Money,
  parseMoney,
  Section,
  TextArea,
  TextField,
} from '#/design';
import { useSignIn, useUser } from '#/session';
import { saysSomething } from './blank';
import { FilePicker, type Picked } from './Files';
import { LinksField, readLinks } from './LinksField';
import { totalOf } from './money';
import styles from './projects.module.css';
import { type Project, useProposals, useRefresh } from './queries';

/** Where a freelancer proposes; whoever did sees their proposal instead. */
export function ProposePart({ project }: { project: Project }) {
  const user = useUser();
  const { open } = useSignIn();
  const proposals = useProposals(project);
  if (project.stage !== 'open' || project.part === 'client') return null;
  if (user === null) {
    return (
      <Section title={<Trans>Propose</Trans>}>
        <p className="muted">
          <Trans>
            A proposal names your price and your days. The client sees it; others do not.
          </Trans>
        </p>
        <Actions>
          <Button kind="primary" onClick={() => open()}>
            <Trans>Sign in to propose</Trans>
          </Button>
        </Actions>
      </Section>
    );
  }
  if (proposals.isPending) return null;
  if (proposals.data?.items.some((each) => each.status !== 'withdrawn')) return null;
  return <Form project={project} />;
}

function Form({ project }: { project: Project }) {
  const { t } = useLingui();
  const refresh = useRefresh(project.id);
  const { asset } = project;
  const wanted = totalOf(project);
  const [letter, setLetter] = useState('');
  const [price, setPrice] = useState(() => formatFigure(wanted, asset).replaceAll(',', ''));
  const [days, setDays] = useState(() => String(project.milestones.at(-1)?.days ?? 14));
  const [links, setLinks] = useState('');
  const [picked, setPicked] = useState<Picked[]>([]);
  const wish = useWish();
  const [tried, setTried] = useState(false);
  const budget = parseMoney(price, asset);
  const inDays = /^\d{1,3}$/.test(days) ? Number(days) : 0;
  const read = readLinks(links);
  const sound = budget !== null && budget > 0n && inDays >= 2 && inDays <= 365;
  const ready = sound && saysSomething(letter) && read !== null;
  const propose = useMutation({
    mutationFn: () => {
      const body = {
        coverLetter: letter,
        budgetMinor: String(budget),
        days: inDays,
        links: read ?? [],
        files: picked.map((each) => each.id),
        termsVersion: project.termsVersion,
      };
      return ask(
        api.POST('/api/projects/{project_id}/proposals', {
          params: {
            path: { project_id: project.id },
            header: { 'Idempotency-Key': wish.keyOf(body) },
          },
          body,
        }),
      );
    },
    onSuccess: refresh,
  });
  function submit(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (ready && !propose.isPending) propose.mutate();
  }
  const sum = <Money minor={budget ?? 0n} asset={asset} inherit />;
  return (
    <Section title={<Trans>Propose</Trans>}>
      <form className={styles.form} onSubmit={submit} noValidate>
        <TextArea
          label={t`What you say to the client`}
          help={t`How you would do it, and what you have done before. Only the client reads it.`}
          rows={5}
          maxLength={10_000}
          value={letter}
          error={tried && !saysSomething(letter) ? t`Write a few words.` : undefined}
          onChange={(event) => setLetter(event.target.value)}
        />
        <FieldRow>
          <TextField
            label={t`Your price for all of it`}
            unit={asset}
            inputMode="decimal"
            value={price}
            help={t`It is shared over the milestones as the client shared theirs.`}
            error={
              tried && (budget === null || budget <= 0n)
                ? t`Write a sum, such as 100.00`
                : undefined
            }
            onChange={(event) => setPrice(event.target.value)}
          />
          <TextField
            label={t`Ready in`}
            unit={t`days`}
            inputMode="numeric"
            value={days}
            help={t`Counted from when the money is locked.`}
            error={tried && (inDays < 2 || inDays > 365) ? t`2 to 365 days.` : undefined}
            onChange={(event) => setDays(event.target.value)}
          />
        </FieldRow>
        <LinksField value={links} onChange={setLinks} />
        <FilePicker picked={picked} onChange={setPicked} />
        <Trouble error={propose.error} />
        <Actions>
          <Button kind="primary" type="submit" disabled={propose.isPending}>
            {sound ? <Trans>Propose for {sum}</Trans> : <Trans>Propose</Trans>}
          </Button>
          <span className="fine">
            <Trans>It costs nothing. You can take it back until it is accepted.</Trans>
          </span>
        </Actions>
      </form>
    </Section>
  );
}
