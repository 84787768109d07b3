import { Trans, useLingui } from '@lingui/react/macro';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ask, useWish } from '#/api';
import { Trouble } from '#/app/Trouble';
import { Actions, Button, Dialog, TextArea } from '#/design';

/** Stops all payouts, or lets them go on again after such a stop. */
export function StopDialog(props: { stop: boolean; open: boolean; onClose: () => void }) {
  const { t } = useLingui();
  const client = useQueryClient();
  const [note, setNote] = useState('');
  const [missing, setMissing] = useState(false);
  const wish = useWish();
  const act = useMutation({
    mutationFn: () => {
      const body = { stopped: props.stop, note };
      return ask(
        api.POST('/api/admin/payouts/stop', {
          params: { header: { 'Idempotency-Key': wish.keyOf(body) } },
          body,
        }),
      );
    },
    onSuccess: async () => {
      wish.done();
      await client.invalidateQueries({ queryKey: ['admin'] });
      setNote('');
      props.onClose();
    },
  });
  return (
    <Dialog
      open={props.open}
      onClose={props.onClose}
      held={act.isPending}
      coin={props.stop ? 'look' : 'waiting'}
      title={props.stop ? t`Stop all payouts?` : t`Let payouts go on?`}
      actions={
        <Actions>
          <Button onClick={props.onClose}>
            <Trans>Leave it as it is</Trans>
          </Button>
          <Button
            kind={props.stop ? 'danger' : 'primary'}
            disabled={act.isPending}
            onClick={() => {
              if (note.trim()) act.mutate();
              else setMissing(true);
            }}
          >
            {props.stop ? <Trans>Stop all payouts</Trans> : <Trans>Let payouts go on</Trans>}
          </Button>
        </Actions>
      }
    >
      <p>
        {props.stop ? (
          <Trans>
            No payout is signed or sent until an operator lets them go on. Requests are still taken,
            and wait. What is signed already may still land.
          </Trans>
        ) : (
          <Trans>What waits is signed and sent at once, the oldest first.</Trans>
        )}
      </p>
      <TextArea
        label={t`Why, for the audit log`}
        rows={2}
        maxLength={2000}
        value={note}
        onChange={(event) => setNote(event.target.value)}
        error={missing && !note.trim() && t`Say why: it is kept for good.`}
      />
      <Trouble error={act.error} />
    </Dialog>
  );
}
