import { Trans, useLingui } from '@lingui/react/macro';
import { Navigate, useParams } from 'react-router';
import { ApiProblem } from '#/api';
import { NoSuchPage } from '#/app/NoSuchPage';
import { Share } from '#/app/Share';
import { Trouble } from '#/app/Trouble';
import { Address, Head, Section, Skeleton, Stack, Time, Two } from '#/design';
import { i18n } from '#/i18n';
import { useUser } from '#/session';
import { useActs } from './Acts';
import { Agreed } from './Agreed';
import { EscrowSheet } from './EscrowSheet';
import { Manage } from './Manage';
import { Milestones } from './Milestones';
import { OtherEscrows } from './OtherEscrows';
import { Proposals } from './Proposals';
import { ProposePart } from './ProposePart';
import styles from './projects.module.css';
import { type FaceSide, type Project, useProject, useRights } from './queries';
import { Reviews } from './Reviews';
import { Standing } from './Standing';
import { Turn } from './Turn';
import { ProjectState, useCategoryName } from './words';

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** One project: what was agreed, where its money is, and what whoever reads can do. */
export function ProjectPage({ side }: { side: FaceSide }) {
  const { t } = useLingui();
  const { id = '' } = useParams();
  const project = useProject(id);
  if (!ID.test(id)) return <NoSuchPage />;
  if (project.error instanceof ApiProblem && project.error.status === 404) return <NoSuchPage />;
  if (!project.data) {
    return (
      <>
        <Head title={t`Project`} />
        {project.error ? (
          <Trouble error={project.error} />
        ) : (
          <Skeleton lines={6} label={t`Fetching the project`} />
        )}
      </>
    );
  }
  // Whoever comes from the inbox comes to the side of the market that is theirs.
  const own: FaceSide | null =
    project.data.part === null ? null : project.data.part === 'client' ? 'hire' : 'work';
  if (own !== null && own !== side) return <Navigate to={`/${own}/projects/${id}`} replace />;
  return <Page project={project.data} side={side} />;
}

function Page({ project, side }: { project: Project; side: FaceSide }) {
  const { t } = useLingui();
  const user = useUser();
  const category = useCategoryName();
  const rights = useRights(project).data;
  const acts = useActs(project, { rights });
  const agreed = project.agreement;
  const other = project.part === 'client' ? agreed?.freelancerAddress : project.clientAddress;
  return (
    <>
      <Head
        title={project.title}
        crumbs={[
          { to: `/${side}/projects`, name: side === 'hire' ? t`Your projects` : t`Projects` },
        ]}
        lead={
          agreed && !agreed.endedAt ? (
            <Trans>
              With <Address of={other ?? agreed.clientAddress} />. Agreed:{' '}
              <Time at={agreed.agreedAt} show="day" />.
            </Trans>
          ) : (
            <Trans>
              {category(project.category)}, by <Address of={project.clientAddress} />. Posted:{' '}
              <Time at={project.createdAt} show="day" />.
            </Trans>
          )
        }
      >
        <ProjectState project={project} />
        {project.status === 'open' && (
          <Share path={`/work/projects/${project.id}`} title={project.title} />
        )}
      </Head>
      <Standing project={project} side={side} onAct={acts.start} />
      <Turn project={project} rights={rights} side={side} onAct={acts.start} />
      <div className={styles.body}>
        <OtherEscrows project={project} />
        <Two>
          <Stack gap="loose">
            <Section
              title={<Trans>Milestones</Trans>}
              aside={
                rights?.burnHeight ? (
                  <span className="fine">
                    <Trans>
                      Bitcoin block {i18n.number(rights.burnHeight)} now, about 10 minutes each
                    </Trans>
                  </span>
                ) : undefined
              }
            >
              <Milestones project={project} rights={rights} side={side} onAct={acts.start} />
            </Section>
            {project.description && (
              <Section title={<Trans>What is wanted</Trans>}>
                <p className={styles.words} dir="auto">
                  {project.description}
                </p>
                {project.skills.length > 0 && (
                  <ul className={styles.skills} aria-label={t`Skills`}>
                    {project.skills.map((skill) => (
                      <li key={skill} dir="auto">
                        {skill}
                      </li>
                    ))}
                  </ul>
                )}
              </Section>
            )}
          </Stack>
          <aside className={styles.aside} aria-label={t`Money and terms`}>
            <EscrowSheet project={project} />
            <Agreed project={project} />
            <Manage project={project} />
          </aside>
        </Two>
        {user && <Proposals project={project} />}
        {side === 'work' && <ProposePart project={project} />}
        <Reviews project={project} />
      </div>
      {acts.dialog}
    </>
  );
}
