import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { type FormEvent, type ReactNode, useRef, useState } from 'react';
import { ApiProblem } from '#/api';
import { Trouble } from '#/app/Trouble';
import {
  Actions,
  Button,
  Fact,
  Facts,
  FieldRow,
  formatMoney,
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
  Time,
  Two,
} from '#/design';
import { i18n } from '#/i18n';
import { useSite } from '#/session';
import {
  DAYS_MAX,
  DAYS_MIN,
  type Draft,
  daysOf,
  type Fault,
  faultsOf,
  isSound,
  LEAST_MINOR,
  MILESTONES_MAX,
  type MilestoneDraft,
  newMilestone,
  type ProjectAsset,
  shareOf,
} from './draft';
import market from './market.module.css';
import styles from './projects.module.css';
import type { Project } from './queries';
import { CATEGORIES, useCategoryName } from './words';

const BLOCKS_PER_DAY = 144;
const DAY_MS = 86_400_000;

/** What a project is made of, typed: for a new one, and for one that is changed. */
export function ProjectForm(props: {
  draft: Draft;
  onChange: (change: (draft: Draft) => Draft) => void;
  onSubmit: () => void;
  busy: boolean;
  error: Error | null;
  /** Proposals are in it: it cannot be another one. */
  assetFixed?: boolean;
  /** Over the button: what happens. */
  notes: ReactNode;
  button: ReactNode;
  beside?: ReactNode;
}) {
  const { t } = useLingui();
  const category = useCategoryName();
  const { projectAssets } = useSite();
  const says = useFaultWords(props.draft.asset);
  const form = useRef<HTMLFormElement>(null);
  const [tried, setTried] = useState(false);
  const { draft, onChange } = props;
  const { asset } = draft;
  const amounts = draft.milestones.map((each) => parseMoney(each.amount, asset) ?? 0n);
  const total = amounts.reduce((sum, each) => sum + each, 0n);
  const faults = faultsOf(draft);
  const sound = isSound(faults);
  const told = tried ? faults : null;
  const refused = refusedFields(props.error);
  const share = shareOf(draft.silent);
  const set = (part: Partial<Draft>) => onChange((all) => ({ ...all, ...part }));
  const change = (key: number, part: Partial<MilestoneDraft>) =>
    onChange((all) => ({
      ...all,
      milestones: all.milestones.map((each) => (each.key === key ? { ...each, ...part } : each)),
    }));
  function submit(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (!sound) {
      // After the words stand beside their fields, the first of them is where one goes on.
      requestAnimationFrame(() => {
        form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
      });
      return;
    }
    if (!props.busy) props.onSubmit();
  }
  const assets: ProjectAsset[] = (['STX', 'sBTC'] as const).filter(
    (each) => projectAssets.includes(each) || each === asset,
  );
  return (
    <form ref={form} onSubmit={submit} noValidate>
      <Two>
        <Stack gap="loose">
          <Section title={<Trans>What you want</Trans>}>
            <TextField
              label={t`Title`}
              maxLength={200}
              value={draft.title}
              error={told?.title ? t`Give it a title.` : refused.get('title')}
              onChange={(event) => set({ title: event.target.value })}
            />
            <TextArea
              label={t`Description`}
              help={t`What is there already, what is missing, what matters to you. Everybody can read it.`}
              rows={6}
              maxLength={10_000}
              value={draft.description}
              error={refused.get('description')}
              onChange={(event) => set({ description: event.target.value })}
            />
            <FieldRow>
              <SelectField
                label={t`Kind of work`}
                value={draft.kind}
                onChange={(event) => set({ kind: event.target.value as Project['category'] })}
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
                disabled={props.assetFixed || assets.length === 1}
                help={
                  props.assetFixed
                    ? t`Somebody has proposed in it. For another asset, post another project.`
                    : assets.length === 1
                      ? t`This house takes projects in nothing else.`
                      : undefined
                }
                error={refused.get('asset')}
                onChange={(event) => set({ asset: event.target.value as ProjectAsset })}
              >
                {assets.map((each) => (
                  <option key={each} value={each}>
                    {each}
                  </option>
                ))}
              </SelectField>
            </FieldRow>
            <TextField
              label={t`Skills`}
              help={t`Parted by commas, such as: html, typography`}
              value={draft.skills}
              error={told?.skills ? says(told.skills) : refused.get('skills')}
              onChange={(event) => set({ skills: event.target.value })}
            />
          </Section>
          <Section title={<Trans>Milestones</Trans>}>
            <ol className={styles.drafts}>
              {draft.milestones.map((each, at) => {
                const num = at + 1;
                const fault = told?.milestones[at] ?? {};
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
                        error={
                          fault.title
                            ? t`Name the milestone.`
                            : refused.get(`milestones[${at}].title`)
                        }
                        onChange={(event) => change(each.key, { title: event.target.value })}
                      />
                      <TextArea
                        label={t`How you will see that it is done`}
                        help={t`Arbiters go by these words if you disagree.`}
                        rows={2}
                        maxLength={2_000}
                        value={each.acceptance}
                        error={refused.get(`milestones[${at}].acceptance`)}
                        onChange={(event) => change(each.key, { acceptance: event.target.value })}
                      />
                      <FieldRow>
                        <TextField
                          label={t`Sum`}
                          unit={asset}
                          inputMode="decimal"
                          autoComplete="off"
                          value={each.amount}
                          error={
                            fault.amount
                              ? says(fault.amount)
                              : refused.get(`milestones[${at}].amountMinor`)
                          }
                          onChange={(event) => change(each.key, { amount: event.target.value })}
                        />
                        <TextField
                          label={t`Due in`}
                          unit={t`days`}
                          inputMode="numeric"
                          autoComplete="off"
                          value={each.days}
                          help={<DueAbout days={each.days} />}
                          error={
                            fault.days ? says(fault.days) : refused.get(`milestones[${at}].days`)
                          }
                          onChange={(event) => change(each.key, { days: event.target.value })}
                        />
                      </FieldRow>
                      {draft.milestones.length > 1 && (
                        <Actions>
                          <Button
                            kind="quiet"
                            onClick={() =>
                              set({ milestones: draft.milestones.filter((one) => one !== each) })
                            }
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
            {draft.milestones.length < MILESTONES_MAX && (
              <Actions>
                <Button
                  onClick={() =>
                    onChange((all) => ({
                      ...all,
                      milestones: [...all.milestones, newMilestone(all.milestones)],
                    }))
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
              value={draft.silent}
              help={
                share === null || amounts[0] === undefined || amounts[0] === 0n ? (
                  t`Of the disputed milestone. The rest comes back to you.`
                ) : (
                  <SilentExample amount={amounts[0]} share={share} asset={asset} />
                )
              }
              error={told?.silent ? t`0 to 100.` : refused.get('silentBps')}
              onChange={(event) => set({ silent: event.target.value })}
            />
          </Section>
        </Stack>
        <div className={stickClass}>
          <Sheet>
            <h2>
              <Trans>Price</Trans>
            </h2>
            <Facts>
              {draft.milestones.map((each, at) => (
                <Fact key={each.key} name={t`Milestone ${at + 1}`}>
                  <Money minor={amounts[at] ?? 0n} asset={asset} />
                </Fact>
              ))}
              <Fact name={<b>{t`In all`}</b>}>
                <Money minor={total} asset={asset} />
              </Fact>
            </Facts>
            {props.notes}
            <Trouble error={props.error} />
            {told?.total && (
              <Note state="failed" title={t`No wallet can promise that much at once`} alert />
            )}
            {tried && !sound && (
              <Note state="look" title={<FaultCount of={count(faults)} />} alert>
                <p>
                  <Trans>Each stands beside its field. Nothing was sent.</Trans>
                </p>
              </Note>
            )}
            <Button kind="primary" type="submit" wide tall disabled={props.busy}>
              {props.button}
            </Button>
            {props.beside && <div className={market.beside}>{props.beside}</div>}
          </Sheet>
        </div>
      </Two>
    </form>
  );
}

function FaultCount({ of }: { of: number }) {
  return (
    <Plural value={of} one="# thing is missing or wrong" other="# things are missing or wrong" />
  );
}

function count(faults: ReturnType<typeof faultsOf>): number {
  const { milestones, ...rest } = faults;
  return (
    Object.keys(rest).length + milestones.reduce((sum, each) => sum + Object.keys(each).length, 0)
  );
}

/** "2,016 Bitcoin blocks: about Fri 4 Dec, if you locked the money today." */
function DueAbout({ days }: { days: string }) {
  const read = daysOf(days);
  if (read === null || read < DAYS_MIN || read > DAYS_MAX) {
    return <Trans>2 to 365, counted from when the money is locked.</Trans>;
  }
  const blocks = i18n.number(read * BLOCKS_PER_DAY);
  return (
    <Trans>
      {blocks} Bitcoin blocks. Locked today, that is about{' '}
      <Time at={Date.now() + read * DAY_MS} show="day" />.
    </Trans>
  );
}

function SilentExample(props: { amount: bigint; share: number; asset: ProjectAsset }) {
  const { amount, share, asset } = props;
  const theirs = (amount * BigInt(share)) / 100n;
  const toFreelancer = <Money minor={theirs} asset={asset} inherit />;
  const back = <Money minor={amount - theirs} asset={asset} inherit />;
  return (
    <Trans>
      Of milestone 1 that would be {toFreelancer} before the fee, and {back} back to you.
    </Trans>
  );
}

function useFaultWords(asset: ProjectAsset): (fault: Fault) => string {
  const { t, i18n } = useLingui();
  const least = formatMoney(LEAST_MINOR, asset, { locale: i18n.locale });
  const places = asset === 'STX' ? 6 : 8;
  const words: Record<Fault, string> = {
    empty: t`Write something that can be read.`,
    'no-sum': t`Write a sum, such as 100.00`,
    'too-little': t`The contract takes ${least} or more for a milestone.`,
    'too-fine': t`${asset} has ${places} places after the point, no more.`,
    'no-days': t`2 to 365 whole days.`,
    'before-the-last': t`Not before the milestone above.`,
    'no-share': t`0 to 100.`,
    'too-many-skills': t`Ten at most.`,
    'no-skill': t`32 signs each at most, without < and >.`,
  };
  return (fault) => words[fault];
}

/** Fields that the server named in its no, with its words: what the page did not see itself. */
function refusedFields(error: Error | null): Map<string, string> {
  const fields = new Map<string, string>();
  if (!(error instanceof ApiProblem)) return fields;
  for (const { key, message } of error.faults) {
    if (key) fields.set(key.replace(/^skills\[\d+\]$/, 'skills'), message ?? error.detail);
  }
  if (error.code === 'nothing_to_read') {
    const num = error.facts.milestone_num;
    fields.set(typeof num === 'number' ? `milestones[${num - 1}].title` : 'title', error.detail);
  }
  return fields;
}
