import { Trans, useLingui } from '@lingui/react/macro';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useNavigate } from 'react-router';
import { api, ask, newIdempotencyKey, useWords } from '#/api';
import {
  Actions,
  Button,
  Fact,
  Facts,
  FieldRow,
  Head,
  Money,
  Note,
  parseMoney,
  Section,
  SelectField,
  Sheet,
  Stack,
  stickClass,
  TextArea,
  TextField,
  Two,
} from '#/design';
import { SignedIn } from '#/session';
import styles from './projects.module.css';
import type { Project } from './queries';
import { CATEGORIES, useCategoryName } from './words';

/** One milestone as it is typed. */
interface Draft {
  key: number;
  title: string;
  acceptance: string;
  amount: string;
  days: string;
}

const MILESTONES_MAX = 4;
const DAYS = ['14', '28', '42', '56'];

function draft(key: number, days: string): Draft {
  return { key, title: '', acceptance: '', amount: '', days };
}

/** A new project: what is wanted, in one to four milestones with their sums. */
export function NewProjectPage() {
  const { t } = useLingui();
  return (
    <>
      <Head
        title={t`New project`}
        crumbs={[{ to: '/hire/projects', name: t`Your projects` }]}
        lead={t`Freelancers propose; you choose one. You lock the money only then.`}
      />
      <SignedIn>
        <Form />
      </SignedIn>
    </>
  );
}

function Form() {
  const { t } = useLingui();
  const words = useWords();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const category = useCategoryName();
  const [title, setTitle] = useState('');
  const [description, setDescription] = useState('');
  const [kind, setKind] = useState<Project['category']>('design');
  const [skills, setSkills] = useState('');
  const [asset, setAsset] = useState<'STX' | 'sBTC'>('STX');
  const [silent, setSilent] = useState('50');
  const [drafts, setDrafts] = useState<Draft[]>([draft(0, '14')]);
  const [tried, setTried] = useState(false);
  const [key, setKey] = useState(newIdempotencyKey);

  const amounts = drafts.map((each) => parseMoney(each.amount, asset));
  const total = amounts.reduce<bigint>((sum, each) => sum + (each ?? 0n), 0n);
  const faults = drafts.map((each, at) => faultsOf(each, amounts[at] ?? null, drafts[at - 1]));
  const share = /^\d{1,3}$/.test(silent) && Number(silent) <= 100 ? Number(silent) : null;
  const sound =
    title.trim() !== '' && share !== null && faults.every((each) => Object.keys(each).length === 0);

  const post = useMutation({
    mutationFn: () =>
      ask(
        api.POST('/api/projects', {
          params: { header: { 'Idempotency-Key': key } },
          body: {
            title: title.trim(),
            description,
            category: kind,
            asset,
            silentBps: (share ?? 50) * 100,
            skills: skills
              .split(',')
              .map((each) => each.trim().toLowerCase())
              .filter(Boolean),
            milestones: drafts.map((each, at) => ({
              title: each.title.trim(),
              acceptance: each.acceptance,
              amountMinor: String(amounts[at] ?? 0n),
              days: Number(each.days),
            })),
          },
        }),
      ),
    onSuccess: async (made) => {
      await queries.invalidateQueries({ queryKey: ['projects'] });
      await navigate(`/hire/projects/${made.id}`);
    },
    onError: () => setKey(newIdempotencyKey()),
  });
  function submit(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (sound && !post.isPending) post.mutate();
  }
  function change(at: number, part: Partial<Draft>) {
    setDrafts((all) => all.map((each, index) => (index === at ? { ...each, ...part } : each)));
  }
  return (
    <form onSubmit={submit} noValidate>
      <Two>
        <Stack gap="loose">
          <Section title={<Trans>What you want</Trans>}>
            <TextField
              label={t`Title`}
              maxLength={200}
              value={title}
              error={tried && title.trim() === '' ? t`Give it a title.` : undefined}
              onChange={(event) => setTitle(event.target.value)}
            />
            <TextArea
              label={t`Description`}
              help={t`What is there already, what is missing, what matters to you. Everybody can read it.`}
              rows={6}
              maxLength={10_000}
              value={description}
              onChange={(event) => setDescription(event.target.value)}
            />
            <FieldRow>
              <SelectField
                label={t`Kind of work`}
                value={kind}
                onChange={(event) => setKind(event.target.value as Project['category'])}
              >
                {CATEGORIES.map((each) => (
                  <option key={each} value={each}>
                    {category(each)}
                  </option>
                ))}
              </SelectField>
              <SelectField
                label={t`Paid in`}
                value={asset}
                onChange={(event) => setAsset(event.target.value as 'STX' | 'sBTC')}
              >
                <option value="STX">STX</option>
                <option value="sBTC">sBTC</option>
              </SelectField>
            </FieldRow>
            <TextField
              label={t`Skills`}
              help={t`Parted by commas, such as: html, typography`}
              value={skills}
              onChange={(event) => setSkills(event.target.value)}
            />
          </Section>
          <Section title={<Trans>Milestones</Trans>}>
            <ol className={styles.drafts}>
              {drafts.map((each, at) => {
                const num = at + 1;
                const fault = tried ? (faults[at] ?? {}) : {};
                return (
                  <li key={each.key}>
                    <fieldset className={styles.draft}>
                      <legend>
                        <Trans>Milestone {num}</Trans>
                      </legend>
                      <TextField
                        label={t`What it is`}
                        maxLength={200}
                        value={each.title}
                        error={fault.title ? t`Name the milestone.` : undefined}
                        onChange={(event) => change(at, { title: event.target.value })}
                      />
                      <TextArea
                        label={t`How you will see that it is done`}
                        help={t`Arbiters go by these words if you disagree.`}
                        rows={2}
                        maxLength={2_000}
                        value={each.acceptance}
                        onChange={(event) => change(at, { acceptance: event.target.value })}
                      />
                      <FieldRow>
                        <TextField
                          label={t`Sum`}
                          unit={asset}
                          inputMode="decimal"
                          value={each.amount}
                          error={fault.amount ? t`Write a sum, such as 100.00` : undefined}
                          onChange={(event) => change(at, { amount: event.target.value })}
                        />
                        <TextField
                          label={t`Due in`}
                          unit={t`days`}
                          inputMode="numeric"
                          value={each.days}
                          error={
                            fault.days
                              ? t`2 to 365 days, and not before the milestone above.`
                              : undefined
                          }
                          onChange={(event) => change(at, { days: event.target.value })}
                        />
                      </FieldRow>
                      {drafts.length > 1 && (
                        <Actions>
                          <Button
                            kind="quiet"
                            onClick={() => setDrafts((all) => all.filter((one) => one !== each))}
                          >
                            <Trans>Leave out milestone {num}</Trans>
                          </Button>
                        </Actions>
                      )}
                    </fieldset>
                  </li>
                );
              })}
            </ol>
            {drafts.length < MILESTONES_MAX && (
              <Actions>
                <Button
                  onClick={() =>
                    setDrafts((all) => [
                      ...all,
                      draft(Math.max(...all.map((one) => one.key)) + 1, DAYS[all.length] ?? '56'),
                    ])
                  }
                >
                  <Trans>Add a milestone</Trans>
                </Button>
                <span className="fine">
                  <Trans>Four at most. Days count from when the money is locked.</Trans>
                </span>
              </Actions>
            )}
          </Section>
          <Section title={<Trans>If you disagree</Trans>}>
            <TextField
              label={t`If the arbiters stay silent, the freelancer gets`}
              unit="%"
              inputMode="numeric"
              value={silent}
              help={t`Of the disputed milestone. The rest comes back to you.`}
              error={tried && share === null ? t`0 to 100.` : undefined}
              onChange={(event) => setSilent(event.target.value)}
            />
          </Section>
        </Stack>
        <div className={stickClass}>
          <Sheet>
            <h2>
              <Trans>Price</Trans>
            </h2>
            <Facts>
              {drafts.map((each, at) => (
                <Fact key={each.key} name={t`Milestone ${at + 1}`}>
                  <Money minor={amounts[at] ?? 0n} asset={asset} />
                </Fact>
              ))}
              <Fact name={<b>{t`In all`}</b>}>
                <Money minor={total} asset={asset} />
              </Fact>
            </Facts>
            <p className="fine">
              <Trans>
                Nothing is locked with this. You lock it in a contract once you have accepted a
                proposal, and from there it goes to the freelancer or back to you.
              </Trans>
            </p>
            {post.error && (
              <Note state="failed" title={words(post.error).title} alert>
                <p>{words(post.error).what}</p>
              </Note>
            )}
            {tried && !sound && <Note state="look" title={t`Something is missing above`} alert />}
            <Button kind="primary" type="submit" wide tall disabled={post.isPending}>
              <Trans>Post the project</Trans>
            </Button>
          </Sheet>
        </div>
      </Two>
    </form>
  );
}

function faultsOf(
  each: Draft,
  amount: bigint | null,
  before: Draft | undefined,
): { title?: true; amount?: true; days?: true } {
  const days = /^\d{1,3}$/.test(each.days) ? Number(each.days) : 0;
  const least = Math.max(2, before ? Number(before.days) || 0 : 0);
  return {
    ...(each.title.trim() === '' ? { title: true } : {}),
    ...(amount === null || amount <= 0n ? { amount: true } : {}),
    ...(days < least || days > 365 ? { days: true } : {}),
  };
}
