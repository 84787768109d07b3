import { plural } from '@lingui/core/macro';
import { Trans, useLingui } from '@lingui/react/macro';
import type { ReactNode } from 'react';
import { type CoinState, State, Time } from '#/design';
import type { Height, Milestone, Project, ProjectCard } from './queries';

type Category = Project['category'];
type Status = Project['status'];

export const CATEGORIES: Category[] = [
  'contracts',
  'development',
  'design',
  'writing',
  'translation',
  'marketing',
  'video',
  'audio',
  'data',
  'research',
  'support',
  'other',
];

export function useCategoryName(): (category: Category) => string {
  const { t } = useLingui();
  const names: Record<Category, string> = {
    contracts: t`Smart contracts`,
    development: t`Development`,
    design: t`Design`,
    writing: t`Writing`,
    translation: t`Translation`,
    marketing: t`Marketing`,
    video: t`Video`,
    audio: t`Audio`,
    data: t`Data`,
    research: t`Research`,
    support: t`Support`,
    other: t`Other`,
  };
  return (category) => names[category];
}

export function useStatusName(): (status: Status) => string {
  const { t } = useLingui();
  const names: Record<Status, string> = {
    open: t`Open for proposals`,
    pending: t`Agreed, not funded`,
    cancelled: t`Called off`,
    active: t`Active`,
    disputed: t`Disputed`,
    completed: t`Completed`,
    refunded: t`Given back`,
    reviewed: t`Completed and reviewed`,
  };
  return (status) => names[status];
}

/** A project's state with its coin. What is seen and not final is never shown as a whole coin. */
export function ProjectState({ project }: { project: Project | ProjectCard }) {
  const { t } = useLingui();
  const { status, finalStatus } = project;
  const words = useStatusName();
  const coins: Record<Status, CoinState> = {
    open: 'locked',
    pending: 'waiting',
    cancelled: 'closed',
    active: 'provisional',
    disputed: 'disputed',
    completed: 'final',
    refunded: 'refunded',
    reviewed: 'final',
  };
  const seen = status !== finalStatus && status !== 'pending';
  let said = words(status);
  if (status === 'pending' && 'funding' in project && project.funding) {
    if (project.funding.state === 'provisional') said = t`Money seen, not final`;
    if (project.funding.state === 'waiting') said = t`Money sent, not seen`;
  }
  if (status === 'active' && 'milestones' in project) {
    const at = currentMilestone(project)?.num ?? project.milestones.length;
    said = t`Active, milestone ${at} of ${project.milestones.length}`;
  }
  return (
    <State state={seen ? 'provisional' : coins[status]}>
      {seen ? t`${said}, not final` : said}
    </State>
  );
}

/** The milestone that something can be done about: the one that is contested, then the first open. */
export function currentMilestone(project: Project): Milestone | undefined {
  const { milestones } = project;
  return (
    milestones.find((each) => each.status === 'disputed') ??
    milestones.find((each) => each.status === 'submitted') ??
    milestones.find((each) => each.status === 'locked')
  );
}

export function milestoneCoin(milestone: Milestone): CoinState {
  const { status, finalStatus } = milestone;
  if (status === 'planned') return 'locked';
  if (status !== finalStatus) return 'provisional';
  const coins: Record<Milestone['status'], CoinState> = {
    planned: 'locked',
    locked: 'locked',
    submitted: 'provisional',
    disputed: 'disputed',
    approved: 'final',
    split: 'split',
    refunded: 'refunded',
  };
  return coins[status];
}

/** A milestone's state in words, for whoever reads. */
export function useMilestoneWords(): (milestone: Milestone, part: Project['part']) => string {
  const { t } = useLingui();
  return (milestone, part) => {
    const words: Record<Milestone['status'], string> = {
      planned: t`Not begun`,
      locked: t`Not begun, its money is locked`,
      submitted:
        part === 'client' ? t`Delivered, waits for you` : t`Delivered, waits for the client`,
      disputed: t`Disputed`,
      approved: t`Paid`,
      split: t`Split`,
      refunded: t`Given back`,
    };
    const { status, finalStatus } = milestone;
    if (status === 'planned' || status === 'locked') {
      return status === finalStatus ? words[status] : t`Its money is seen, not final`;
    }
    const said = words[status];
    if (status !== finalStatus) return t`${said}, not final`;
    return CLOSED.includes(status) ? t`${said}, final` : said;
  };
}

/** Nothing can be done about these any more. */
export const CLOSED: Milestone['status'][] = ['approved', 'split', 'refunded'];

/** "Sun 29 Nov, about 12:10", and the block under it. */
export function About({ height }: { height: Height }) {
  if (!height.about) return <Trans>Bitcoin block {height.burnHeight}</Trans>;
  return (
    <Trans>
      about <Time at={height.about} show="within" />
    </Trans>
  );
}

export function useDays(): (days: number) => string {
  const { t } = useLingui();
  return (days) => t`${plural(days, { one: '# day', other: '# days' })}`;
}

/** What a client or freelancer is called, for whoever reads. */
export function Party(props: { of: 'client' | 'freelancer'; part: Project['part'] }): ReactNode {
  if (props.of === props.part) return <Trans>You</Trans>;
  return props.of === 'client' ? <Trans>Client</Trans> : <Trans>Freelancer</Trans>;
}

/** What a person wrote, within a sentence: it turns nobody else's words round. */
export function isolated(text: string): ReactNode {
  return <bdi>{text}</bdi>;
}
