import { Trans, useLingui } from '@lingui/react/macro';
import { useMutation } from '@tanstack/react-query';
import { ApiProblem, api, ask } from '#/api';
import { Trouble } from '#/app/Trouble';
import { Actions, Button, Note } from '#/design';
import type { Dispute } from './DisputePage';

const LOOK_MS = 1_000;
const LOOKS_MAX = 60;

/**
 * All of the dispute in one signed file. While it is open a fresh one is made of what is final by
 * now; afterwards there is one for good.
 */
export function Dossier({ dispute }: { dispute: Dispute }) {
  const { t } = useLingui();
  const path = { dispute_id: dispute.id };
  const find = async () => {
    try {
      return await ask(api.GET('/api/disputes/{dispute_id}/dossier', { params: { path } }));
    } catch (error) {
      if (error instanceof ApiProblem && error.code === 'dossier_not_made') return null;
      throw error;
    }
  };
  const fetched = useMutation({
    mutationFn: async () => {
      const before = await find();
      if (before && !before.dossier.interim) return before;
      await ask(api.POST('/api/disputes/{dispute_id}/dossier', { params: { path } }));
      for (let look = 0; look < LOOKS_MAX; look += 1) {
        const made = await find();
        // One that says the same as before is the same file: then that is the newest there is.
        if (made && (made.dossier.sha256 !== before?.dossier.sha256 || look >= 5)) return made;
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      }
      return null;
    },
    onSuccess: (made) => {
      if (made) window.location.assign(made.download.url);
    },
  });
  return (
    <>
      <Actions>
        <Button disabled={fetched.isPending} onClick={() => fetched.mutate()}>
          {fetched.isPending ? (
            <Trans>The dossier is being made</Trans>
          ) : (
            <Trans>Download the whole dossier</Trans>
          )}
        </Button>
        <span className="fine">
          <Trans>
            Both sides’ words, the fingerprint of every file, every final event of the chain. It is
            signed, and can be checked without us.
          </Trans>
        </span>
      </Actions>
      {fetched.data === null && (
        <Note state="waiting" title={t`It is not there yet`}>
          <p>
            <Trans>It is still being made. Ask again in a minute.</Trans>
          </p>
        </Note>
      )}
      <Trouble error={fetched.error} />
    </>
  );
}
