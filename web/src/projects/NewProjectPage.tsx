import { Trans, useLingui } from '@lingui/react/macro';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useNavigate } from 'react-router';
import { api, ask, newIdempotencyKey } from '#/api';
import { Button, Head } from '#/design';
import { SignedIn, useSite, useUser } from '#/session';
import { bodyOf, dropDraft, emptyDraft, keepDraft, type ProjectAsset, readDraft } from './draft';
import { ProjectForm } from './ProjectForm';

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
        <NewProject />
      </SignedIn>
    </>
  );
}

function NewProject() {
  const user = useUser();
  const accountId = user?.id ?? '';
  const navigate = useNavigate();
  const queries = useQueryClient();
  const { projectAssets } = useSite();
  const [kept, setKept] = useState(() => readDraft(accountId));
  const [draft, setDraft] = useState(() => {
    if (kept) return kept.draft;
    const first = projectAssets[0] as ProjectAsset | undefined;
    return { ...emptyDraft(), asset: first ?? 'STX' };
  });
  const [changed, setChanged] = useState(false);
  useEffect(() => {
    if (changed) keepDraft({ accountId, draft, sent: readDraft(accountId)?.sent ?? null });
  }, [accountId, draft, changed]);

  const post = useMutation({
    mutationFn: () => {
      const body = bodyOf(draft);
      const text = JSON.stringify(body);
      // The same words sent again are the same project, whatever happened to the line or the tab.
      const before = readDraft(accountId)?.sent;
      const key = before?.body === text ? before.key : newIdempotencyKey();
      keepDraft({ accountId, draft, sent: { key, body: text } });
      return ask(
        api.POST('/api/projects', { params: { header: { 'Idempotency-Key': key } }, body }),
      );
    },
    onSuccess: async (made) => {
      dropDraft();
      await queries.invalidateQueries({ queryKey: ['projects'] });
      await navigate(`/hire/projects/${made.id}`, { replace: true });
    },
  });
  return (
    <ProjectForm
      draft={draft}
      onChange={(change) => {
        setChanged(true);
        setDraft(change);
      }}
      onSubmit={() => post.mutate()}
      busy={post.isPending}
      error={post.error}
      button={<Trans>Post the project</Trans>}
      notes={
        <p className="fine">
          <Trans>
            Nothing is locked with this. You lock it in a contract once you have accepted a
            proposal, and from there it goes to the freelancer or back to you.
          </Trans>
        </p>
      }
      beside={
        (kept || changed) && (
          <>
            <p className="fine">
              <Trans>What you write is kept in this tab, also over a reload.</Trans>
            </p>
            <Button
              kind="quiet"
              onClick={() => {
                dropDraft();
                setKept(null);
                setChanged(false);
                setDraft(emptyDraft());
              }}
            >
              <Trans>Begin anew</Trans>
            </Button>
          </>
        )
      }
    />
  );
}
