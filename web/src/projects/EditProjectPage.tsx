import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Navigate, useNavigate, useParams } from 'react-router';
import { ApiProblem, api, ask } from '#/api';
import { NoSuchPage } from '#/app/NoSuchPage';
import { Trouble } from '#/app/Trouble';
import { formatFigure, Head, LinkButton, Note, Skeleton } from '#/design';
import { SignedIn } from '#/session';
import { bodyOf, type Draft, type ProjectAsset, type ProjectBody } from './draft';
import { ProjectForm } from './ProjectForm';
import { at, type Project, useProject, useRefresh } from './queries';

/** A project that is open, changed by its client. */
export function EditProjectPage() {
  const { t } = useLingui();
  const { id = '' } = useParams();
  return (
    <>
      <Head
        title={t`Change the project`}
        crumbs={[{ to: `/hire/projects/${id}`, name: t`Back to the project` }]}
      />
      <SignedIn>
        <Fetched id={id} />
      </SignedIn>
    </>
  );
}

function Fetched({ id }: { id: string }) {
  const { t } = useLingui();
  const project = useProject(id);
  if (project.error instanceof ApiProblem && project.error.status === 404) return <NoSuchPage />;
  if (project.error) {
    return <Trouble error={project.error} />;
  }
  if (!project.data) return <Skeleton lines={6} label={t`Fetching the project`} />;
  if (project.data.part !== 'client') return <Navigate to={`/work/projects/${id}`} replace />;
  if (project.data.stage !== 'open') {
    return (
      <Note
        state="closed"
        level="h2"
        title={t`This project can no longer be changed`}
        actions={
          <LinkButton to={`/hire/projects/${id}`}>
            <Trans>Back to the project</Trans>
          </LinkButton>
        }
      >
        <p>
          {project.data.stage === 'pending' ? (
            <Trans>
              A proposal is accepted, and its terms are fixed. Take the acceptance back first; that
              is possible until the money is locked.
            </Trans>
          ) : (
            <Trans>It was called off.</Trans>
          )}
        </p>
      </Note>
    );
  }
  return <Edit key={project.data.termsVersion} project={project.data} />;
}

function draftOf(project: Project): Draft {
  const asset = project.asset as ProjectAsset;
  return {
    title: project.title,
    description: project.description,
    kind: project.category,
    skills: project.skills.join(', '),
    asset,
    silent: String(Math.round(project.silentBps / 100)),
    milestones: project.milestones.map((each) => ({
      key: each.num,
      title: each.title,
      acceptance: each.acceptance,
      amount: formatFigure(each.amountMinor, asset).replaceAll(',', ''),
      days: String(each.days),
    })),
  };
}

/** What differs, and nothing else: what is not sent stays as it is. */
function changesOf(before: ProjectBody, after: ProjectBody): Partial<ProjectBody> {
  const changed = (Object.keys(after) as (keyof ProjectBody)[]).filter(
    (name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  );
  return Object.fromEntries(changed.map((name) => [name, after[name]]));
}

/** These only say where a project is found; no proposal rests on them. */
const FREE = new Set(['category', 'skills']);

function Edit({ project }: { project: Project }) {
  const navigate = useNavigate();
  const refresh = useRefresh(project.id);
  const [before] = useState(() => draftOf(project));
  const [draft, setDraft] = useState(before);
  const changes = changesOf(bodyOf(before), bodyOf(draft));
  const names = Object.keys(changes);
  const terms = names.some((name) => !FREE.has(name));
  const waiting = project.proposalsWaiting;
  const save = useMutation({
    mutationFn: () =>
      ask(api.PATCH('/api/projects/{project_id}', { ...at(project.id), body: changes })),
    onSuccess: async () => {
      await refresh();
      await navigate(`/hire/projects/${project.id}`, { replace: true });
    },
  });
  const nothing = names.length === 0;
  return (
    <ProjectForm
      draft={draft}
      onChange={setDraft}
      onSubmit={() => {
        if (!nothing) save.mutate();
      }}
      busy={save.isPending || nothing}
      error={save.error}
      assetFixed={waiting > 0}
      button={<Trans>Change the project</Trans>}
      notes={
        nothing ? (
          <p className="fine">
            <Trans>Nothing is changed so far.</Trans>
          </p>
        ) : waiting === 0 ? (
          <p className="fine">
            <Trans>Nobody has proposed yet, so this simply replaces what stood there.</Trans>
          </p>
        ) : terms ? (
          <Note
            state="look"
            title={
              <Plural
                value={waiting}
                one="The proposal that waits is for the old terms"
                other="The # proposals that wait are for the old terms"
              />
            }
          >
            <p>
              <Trans>
                Whoever proposed is told at once and sees old and new side by side. You can accept
                their proposal once they stand by it. No money is locked, and none moves.
              </Trans>
            </p>
          </Note>
        ) : (
          <p className="fine">
            <Trans>
              Kind of work and skills only say where the project is found. Proposals stay as they
              are.
            </Trans>
          </p>
        )
      }
    />
  );
}
