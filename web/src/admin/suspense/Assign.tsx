import { Trans, useLingui } from '@lingui/react/macro';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiProblem, api, ask, useWish } from '#/api';
import { Trouble } from '#/app/Trouble';
import {
  Actions,
  Address,
  Button,
  Dialog,
  Fact,
  Facts,
  Money,
  Sheet,
  Skeleton,
  Stack,
  TextArea,
  TextField,
  Time,
} from '#/design';
import { BEGINNING, type FoundAccount, foundQuery } from '../accounts/queries';
import { type Item, itemQuery } from './queries';
import styles from './suspense.module.css';

/** Who decided before, as the API says it to whoever comes second. */
export interface First {
  settledBy: string;
  accountId: string;
}

function isRaced(error: unknown): error is ApiProblem {
  return error instanceof ApiProblem && error.code === 'suspense_settled';
}

/** To whom, and why: then what will happen is said, and asked for once more. */
export function Assign({ item, onRaced }: { item: Item; onRaced: (first: First) => void }) {
  const { t } = useLingui();
  const [sought, setSought] = useState(item.payerAccountId ?? '');
  const [chosen, setChosen] = useState<FoundAccount | null>(null);
  const [note, setNote] = useState('');
  const [isAsking, setAsking] = useState(false);
  const settle = useSettle(item, onRaced);
  const isReady = chosen !== null && note.trim() !== '';
  return (
    <Sheet>
      <Stack>
        <h2>
          <Trans>Give it to its owner</Trans>
        </h2>
        <p className="muted">
          <Trans>
            All of it, to one account of this site. Ask for a proof first: whoever paid can sign in
            with the paying wallet.
          </Trans>
        </p>
        <TextField
          label={t`Address or account`}
          help={t`The beginning is enough: three signs or more.`}
          value={sought}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => {
            setSought(event.target.value.trim());
            setChosen(null);
          }}
        />
        <Choices sought={sought} chosen={chosen} onChoose={setChosen} />
        <TextArea
          label={t`Why it is theirs`}
          help={t`Kept for good, and read by other operators.`}
          value={note}
          maxLength={500}
          onChange={(event) => setNote(event.target.value)}
        />
        <Actions>
          <Button kind="primary" disabled={!isReady} onClick={() => setAsking(true)}>
            <Trans>
              Give <Money minor={item.amountMinor} asset={item.asset} inherit /> away
            </Trans>
          </Button>
        </Actions>
        {!isReady && (
          <p className="fine">
            {chosen === null ? (
              <Trans>Choose an account first.</Trans>
            ) : (
              <Trans>Say why it is theirs.</Trans>
            )}
          </p>
        )}
        {settle.error && !isRaced(settle.error) && <Trouble error={settle.error} level="h2" />}
      </Stack>
      {chosen && (
        <Dialog
          open={isAsking}
          onClose={() => setAsking(false)}
          held={settle.isPending}
          title={
            <Trans>
              Give <Money minor={item.amountMinor} asset={item.asset} /> to this account?
            </Trans>
          }
          actions={
            <Actions>
              <Button
                kind="primary"
                disabled={settle.isPending}
                onClick={() =>
                  settle.mutate(
                    { accountId: chosen.id, note: note.trim() },
                    { onSettled: () => setAsking(false) },
                  )
                }
              >
                <Trans>
                  Give <Money minor={item.amountMinor} asset={item.asset} inherit />
                </Trans>
              </Button>
              <Button kind="quiet" onClick={() => setAsking(false)}>
                <Trans>Leave it in suspense</Trans>
              </Button>
            </Actions>
          }
        >
          <Facts size="small">
            <Fact name={t`Leaves`}>
              <Trans>suspense, as a whole</Trans>
            </Fact>
            <Fact name={t`Becomes the balance of`}>
              <Address of={chosen.id} />
            </Fact>
            {chosen.addresses[0] && (
              <Fact name={t`Whose first wallet is`}>
                <Address of={chosen.addresses[0].address} whole />
              </Fact>
            )}
            <Fact name={t`Your reason`}>
              <q dir="auto">{note.trim()}</q>
            </Fact>
          </Facts>
          <p>
            <Trans>
              It is theirs at once, to withdraw or to spend, and cannot be taken back. Your wallet
              and your reason stay beside it.
            </Trans>
          </p>
        </Dialog>
      )}
    </Sheet>
  );
}

function Choices(props: {
  sought: string;
  chosen: FoundAccount | null;
  onChoose: (account: FoundAccount) => void;
}) {
  const { t } = useLingui();
  const isSound = BEGINNING.test(props.sought);
  const found = useInfiniteQuery({ ...foundQuery(props.sought), enabled: isSound });
  if (!isSound) return null;
  if (found.isPending) return <Skeleton lines={2} label={t`Looking for accounts`} />;
  if (!found.data) return <Trouble error={found.error} level="h2" />;
  const rows = found.data.pages.flatMap((page) => page.items).slice(0, 5);
  if (rows.length === 0) {
    return (
      <p className="muted" role="status">
        <Trans>No account has a wallet or an id that begins so.</Trans>
      </p>
    );
  }
  return (
    <fieldset className={styles.choices}>
      <legend className="vh">{t`Accounts found`}</legend>
      {rows.map((account) => (
        <label key={account.id} className={styles.choice}>
          <input
            type="radio"
            name="account"
            checked={props.chosen?.id === account.id}
            onChange={() => props.onChoose(account)}
          />
          <span>
            <Address of={account.id} />
            <span className={styles.sub}>
              {account.addresses.map((wallet) => (
                <Address key={wallet.address} of={wallet.address} whole />
              ))}
              <span>
                <Trans>
                  since <Time at={account.createdAt} show="day" />
                </Trans>
              </span>
            </span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

function useSettle(item: Item, onRaced: (first: First) => void) {
  const queries = useQueryClient();
  const wish = useWish();
  return useMutation({
    mutationFn: (body: { accountId: string; note: string }) =>
      ask(
        api.POST('/api/admin/suspense/{suspense_id}/settlement', {
          params: {
            path: { suspense_id: item.id },
            header: { 'Idempotency-Key': wish.keyOf(body) },
          },
          body,
        }),
      ),
    onSuccess: (settled) => {
      queries.setQueryData(itemQuery(item.id).queryKey, settled);
      void queries.invalidateQueries({ queryKey: ['admin'] });
    },
    onError: (error) => {
      if (isRaced(error)) {
        onRaced(error.facts as unknown as First);
        void queries.invalidateQueries({ queryKey: ['admin', 'suspense'] });
      }
    },
  });
}
