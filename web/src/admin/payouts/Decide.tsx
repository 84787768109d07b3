import { Trans, useLingui } from '@lingui/react/macro';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ask, type components, useWish } from '#/api';
import { Trouble } from '#/app/Trouble';
import { Actions, Button, Dialog, Money, Section, Stack, stickClass, TextArea } from '#/design';
import { payoutQuery } from '../queries';

type Page = components['schemas']['PayoutPageAnswer'];
type Decision = components['schemas']['Decision'];

/** What an operator may decide about a payout that has not ended. Each needs a reason. */
export function Decide({ page }: { page: Page }) {
  const { t } = useLingui();
  const client = useQueryClient();
  const { payout } = page;
  const [note, setNote] = useState('');
  const [missing, setMissing] = useState(false);
  const [asking, setAsking] = useState(false);
  const wish = useWish();
  const decide = useMutation({
    mutationFn: (decision: Decision) => {
      const body = { decision, note };
      return ask(
        api.POST('/api/admin/payouts/{payout_id}/decision', {
          params: {
            path: { payout_id: payout.id },
            header: { 'Idempotency-Key': wish.keyOf([payout.id, body]) },
          },
          body,
        }),
      );
    },
    onSuccess: async (answer) => {
      wish.done();
      setAsking(false);
      client.setQueryData(payoutQuery(payout.id).queryKey, answer);
      setNote('');
      setMissing(false);
      await client.invalidateQueries({ queryKey: ['admin'] });
    },
    // What it found is on the page now: somebody else may have been first.
    onError: () => client.invalidateQueries({ queryKey: payoutQuery(payout.id).queryKey }),
  });
  const act = (decision: Decision) => () => {
    if (!note.trim()) setMissing(true);
    // What ends a payout is asked twice; the others can be taken back.
    else if (decision === 'give_back') setAsking(true);
    else decide.mutate(decision);
  };
  const sum = <Money inherit minor={payout.amountMinor} asset={payout.asset} />;
  const waits = payout.status === 'requested';
  return (
    <div className={stickClass}>
      <Section title={t`Decide`}>
        <Stack>
          <TextArea
            label={t`Why, for the audit log`}
            rows={3}
            maxLength={2000}
            value={note}
            onChange={(event) => setNote(event.target.value)}
            error={missing && !note.trim() && t`Say why: it is kept for good.`}
          />
          <Actions>
            {waits && (
              <Button
                kind={payout.held ? 'primary' : 'plain'}
                wide
                disabled={decide.isPending}
                onClick={act('release')}
              >
                {payout.held ? (
                  <Trans>
                    Let <Money inherit minor={payout.amountMinor} asset={payout.asset} /> go on
                  </Trans>
                ) : (
                  <Trans>
                    Try <Money inherit minor={payout.amountMinor} asset={payout.asset} /> again now
                  </Trans>
                )}
              </Button>
            )}
            {!payout.held && (
              <Button wide disabled={decide.isPending} onClick={act('hold')}>
                <Trans>
                  Hold <Money inherit minor={payout.amountMinor} asset={payout.asset} /> back
                </Trans>
              </Button>
            )}
            {page.mayGiveBack && (
              <Button kind="danger" wide disabled={decide.isPending} onClick={act('give_back')}>
                <Trans>
                  Give <Money inherit minor={payout.amountMinor} asset={payout.asset} /> back
                </Trans>
              </Button>
            )}
          </Actions>
          {!asking && <Trouble error={decide.error} />}
          {page.mayGiveBack ? (
            <p className="fine">
              <Trans>
                Giving back ends this payout: the sum is in its owner’s balance again, and is not
                sent. It cannot be undone.
              </Trans>
            </p>
          ) : (
            <p className="fine">
              <Trans>
                It cannot be given back: it is signed, or may be, and could still land. Whoever got
                it back could be paid twice.
              </Trans>
            </p>
          )}
          <p className="fine">
            <Trans>
              Above the signer’s limits nothing is signed, whoever asks. They are set where the
              signer runs, not here.
            </Trans>
          </p>
        </Stack>
      </Section>
      <Dialog
        open={asking}
        onClose={() => setAsking(false)}
        held={decide.isPending}
        coin="look"
        title={<Trans>Give {sum} back?</Trans>}
        actions={
          <Actions>
            <Button onClick={() => setAsking(false)}>
              <Trans>Leave it as it is</Trans>
            </Button>
            <Button
              kind="danger"
              disabled={decide.isPending}
              onClick={() => decide.mutate('give_back')}
            >
              <Trans>
                Give <Money inherit minor={payout.amountMinor} asset={payout.asset} /> back
              </Trans>
            </Button>
          </Actions>
        }
      >
        <p>
          <Trans>
            This payout ends, and is not sent. The sum is in its owner’s balance again, who may ask
            for it anew. It cannot be undone.
          </Trans>
        </p>
        <Trouble error={decide.error} />
      </Dialog>
    </div>
  );
}
