import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { useNavigate } from 'react-router';
import { api, ask, newIdempotencyKey, type User } from '#/api';
import { Trouble } from '#/app/Trouble';
import {
  type Asset,
  Button,
  Fact,
  Facts,
  FieldRow,
  formatPercent,
  Head,
  Money,
  Section,
  SelectField,
  Sheet,
  Stack,
  stickClass,
  TextArea,
  TextField,
  Two,
} from '#/design';
import { SignedIn, useSite, useUser } from '#/session';
import { type Draft, dropDraft, keepDraft, readDraft } from './draft';
import styles from './hire.module.css';
import { Photos } from './Photos';
import { fits, type Price, priceOf, readPrice, readVotes } from './price';
import { orderQuery, taskQuery } from './queries';
import { isOut, PHOTOS_MIN, type Photo, uploadsOf } from './uploads';

const TITLE_MAX = 200;
const INSTRUCTIONS_MAX = 5_000;

export function NewTaskPage() {
  const { t } = useLingui();
  const user = useUser();
  return (
    <>
      <Head
        title={t`New photo task`}
        lead={
          <Trans>
            People look at your photographs and vote for one. You pay for each vote, before the
            first one is cast.
          </Trans>
        }
      />
      <SignedIn>{user && <Writing key={user.id} user={user} />}</SignedIn>
    </>
  );
}

interface Written {
  title: string;
  instructions: string;
  votes: string;
  price: string;
  asset: Asset;
}

const NOTHING: Written = { title: '', instructions: '', votes: '', price: '', asset: 'SOL' };

function Writing({ user }: { user: User }) {
  const { t } = useLingui();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const { feeBps, uploadBytesMax, usdcMint } = useSite();
  const [kept] = useState(() => readDraft(user.id));
  const [written, setWritten] = useState<Written>(() => ({ ...NOTHING, ...kept }));
  const [sent, setSent] = useState<Draft['sent']>(kept?.sent ?? null);
  /** Fields that were left once: only there are faults named before one asks to go on. */
  const [left, setLeft] = useState<ReadonlySet<keyof Written>>(new Set());
  const { uploads, isNew } = useMemo(
    () => uploadsOf(user.id, uploadBytesMax),
    [user.id, uploadBytesMax],
  );
  const photos = useSyncExternalStore(uploads.subscribe, () => uploads.photos);

  // What had arrived before a reload is found again; other pages of this tab lose nothing.
  useEffect(() => {
    if (isNew && kept && uploads.photos.length === 0) uploads.restore(kept.photos);
  }, [isNew, kept, uploads]);
  useEffect(() => {
    keepDraft({
      accountId: user.id,
      ...written,
      sent,
      // What was refused was told, and is not asked for again.
      photos: photos
        .filter((photo) => !isOut(photo))
        .map(({ name, sizeBytes, fileId, state }) => ({
          name,
          sizeBytes,
          fileId,
          arrived: ['ready', 'checking', 'rejected'].includes(state.at),
        })),
    });
  }, [user.id, written, sent, photos]);

  const votes = readVotes(written.votes);
  const perVote = readPrice(written.price, written.asset);
  const price = votes && perVote ? priceOf(votes, perVote, feeBps) : null;
  const faults = useFaults(written, price);
  const out = photos.filter(isOut).length;
  const ready = photos.filter(({ state }) => state.at === 'ready');
  const waits = useWaits(photos, faults);

  const post = useMutation({
    mutationFn: async () => {
      const body = {
        title: written.title.trim(),
        instructions: written.instructions.trim(),
        options: ready.map(({ fileId }) => ({ fileId: fileId ?? '' })),
        votesWanted: Number(votes),
        pricePerVoteMinor: String(perVote),
        asset: written.asset as 'SOL' | 'USDC',
      };
      // The same content again is the same task, also after a reload.
      const text = JSON.stringify(body);
      const key = sent?.body === text ? sent.key : newIdempotencyKey();
      setSent({ key, body: text });
      return ask(api.POST('/api/tasks', { params: { header: { 'Idempotency-Key': key } }, body }));
    },
    onSuccess: ({ task, order }) => {
      queries.setQueryData(taskQuery(task.id).queryKey, task);
      queries.setQueryData(orderQuery(order.id).queryKey, order);
      void queries.invalidateQueries({ queryKey: ['hire', 'tasks'] });
      setWritten(NOTHING);
      setSent(null);
      uploads.clear();
      dropDraft();
      void navigate(`/hire/tasks/${task.id}`, { replace: true });
    },
  });

  const field = (name: keyof Written) => ({
    value: written[name],
    onChange: (event: { target: { value: string } }) =>
      setWritten({ ...written, [name]: event.target.value }),
    onBlur: () => setLeft(new Set([...left, name])),
    error: left.has(name) ? faults[name] : undefined,
  });
  const goOn = () => {
    setLeft(new Set(['title', 'instructions', 'votes', 'price', 'asset']));
    if (waits.length === 0 && !post.isPending) post.mutate();
  };

  return (
    <Two>
      <Stack gap="loose">
        <Section title={t`The question`}>
          <TextField
            label={t`What should they choose?`}
            maxLength={TITLE_MAX}
            dir="auto"
            required
            {...field('title')}
          />
          <TextArea
            label={
              <Trans>
                What should they know? <span className="muted">(you may leave this out)</span>
              </Trans>
            }
            maxLength={INSTRUCTIONS_MAX}
            dir="auto"
            rows={3}
            {...field('instructions')}
          />
        </Section>
        <Photos uploads={uploads} photos={photos} />
        <Section title={t`The price`}>
          <FieldRow>
            <TextField
              label={t`Votes wanted`}
              help={t`One vote a person. 1 to 10,000.`}
              unit={t`votes`}
              inputMode="numeric"
              required
              {...field('votes')}
            />
            <TextField
              label={t`For each vote`}
              help={t`What a worker earns by it. The fee comes on top.`}
              unit={written.asset}
              inputMode="decimal"
              required
              {...field('price')}
            />
          </FieldRow>
          {usdcMint && (
            <SelectField label={t`Paid in`} {...field('asset')}>
              <option value="SOL">SOL</option>
              <option value="USDC">USDC</option>
            </SelectField>
          )}
        </Section>
      </Stack>
      <aside className={stickClass} aria-label={t`Price`}>
        <Sheet>
          <h2>
            <Trans>What it costs</Trans>
          </h2>
          <Cost price={price} asset={written.asset} />
          <Trouble error={post.error} />
          <Button
            kind="primary"
            wide
            tall
            disabled={waits.length > 0 || post.isPending}
            aria-describedby="hire-why"
            onClick={goOn}
          >
            <Trans>Continue to payment</Trans>
          </Button>
          <div className={styles.why} id="hire-why" role="status">
            {waits.map((why) => (
              <p className="fine" key={why}>
                {why}
              </p>
            ))}
            {waits.length === 0 && (
              <p className="fine">
                {out > 0 && (
                  <>
                    <Plural
                      value={out}
                      one="One file was refused and is no part of the task."
                      other="# files were refused and are no part of the task."
                    />{' '}
                  </>
                )}
                <Trans>Nothing is charged before you pay on the next page.</Trans>
              </p>
            )}
          </div>
          <p className="fine">
            <Trans>
              Stop whenever you like: what was not voted on comes back, with its share of the fee.
            </Trans>
          </p>
        </Sheet>
      </aside>
    </Two>
  );
}

/** Votes, fee and sum, exact; no double rule, since nothing of it has been paid. */
function Cost({ price, asset }: { price: Price | null; asset: Asset }) {
  const { i18n } = useLingui();
  const { feeBps } = useSite();
  const percent = formatPercent(feeBps, i18n.locale);
  if (!price) {
    return (
      <p className="muted">
        <Trans>Votes × price, and the fee of this house, {percent}.</Trans>
      </p>
    );
  }
  const votes = i18n.number(Number(price.votes));
  return (
    <Facts>
      <Fact
        name={
          <Trans>
            {votes} × <Money minor={price.perVoteMinor} asset={asset} />
          </Trans>
        }
      >
        <Money minor={price.votesMinor} asset={asset} />
      </Fact>
      <Fact name={<Trans>Fee of this house, {percent}</Trans>}>
        <Money minor={price.feeMinor} asset={asset} />
      </Fact>
      <Fact
        name={
          <b>
            <Trans>You will pay</Trans>
          </b>
        }
      >
        <Money minor={price.totalMinor} asset={asset} />
      </Fact>
    </Facts>
  );
}

/** What is wrong with each field, in words. */
function useFaults(written: Written, price: Price | null): Partial<Record<keyof Written, string>> {
  const { t } = useLingui();
  const faults: Partial<Record<keyof Written, string>> = {};
  if (written.title.trim() === '') faults.title = t`Write what they should choose`;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: just these are not taken
  else if (/[\u0000-\u001f\u007f]/.test(written.title.trim())) {
    faults.title = t`One line, without control characters`;
  }
  if (written.instructions.includes('\u0000'))
    faults.instructions = t`Holds a character of no meaning`;
  if (readVotes(written.votes) === null) faults.votes = t`A whole number from 1 to 10,000`;
  if (readPrice(written.price, written.asset) === null) {
    faults.price =
      written.asset === 'SOL'
        ? t`A price above zero, with at most 9 places`
        : t`A price above zero, with at most 6 places`;
  } else if (price && !fits(price)) faults.price = t`More than the chain can carry at once`;
  return faults;
}

/** Why one cannot go on yet, sentence by sentence. */
function useWaits(
  photos: readonly Photo[],
  faults: Partial<Record<keyof Written, string>>,
): string[] {
  const { t } = useLingui();
  const waits: string[] = [];
  const within = photos.filter((photo) => !isOut(photo));
  const count = (...states: Photo['state']['at'][]) =>
    within.filter(({ state }) => states.includes(state.at)).length;
  if (faults.title) waits.push(t`The question is not written yet.`);
  if (faults.instructions) waits.push(faults.instructions);
  const moving = count('reading', 'queued', 'sending', 'checking');
  const stuck = count('broken', 'failed', 'rejected', 'lost');
  if (moving > 0) waits.push(t`Photographs still on their way: ${moving}.`);
  if (stuck > 0) waits.push(t`Photographs to send again or to remove: ${stuck}.`);
  if (within.length < PHOTOS_MIN) waits.push(t`At least two photographs are needed.`);
  if (faults.votes || faults.price) waits.push(t`The price is not whole yet.`);
  return waits;
}
