import {
  keepPreviousData,
  useInfiniteQuery,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { useCallback } from 'react';
import { ApiProblem, api, ask, type components, type paths } from '#/api';
import { useUser } from '#/session';

type Schemas = components['schemas'];
export type Project = Schemas['ProjectAnswer'];
export type ProjectCard = Schemas['ProjectCard'];
export type Milestone = Schemas['MilestoneAnswer'];
export type Escrow = Schemas['EscrowAnswer'];
export type Difference = Schemas['DifferenceAnswer'];
export type Proposal = Schemas['ProposalAnswer'];
export type Rights = Schemas['ActsAnswer'];
export type Right = Schemas['ActAnswer'];
export type Call = Schemas['PreparedCallAnswer'];
export type ChainAct = Schemas['ChainAct'];
export type Height = Schemas['Height'];
export type Deliverable = Schemas['DeliverableAnswer'];
export type AttachedFile = Schemas['AttachedFileAnswer'];
export type Dispute = Schemas['DisputeAnswer'];
export interface ProposalPage {
  items: Proposal[];
  nextCursor?: string | null;
}
export type Terms = Schemas['TermsAnswer'];
export type FaceSide = 'work' | 'hire';

export type ProjectSearch = NonNullable<paths['/api/projects']['get']['parameters']['query']>;

const SOON_MS = 3_000;
const LATER_MS = 20_000;

/** Something is under way on the chain: worth looking at often. */
function isMoving(project: Project | undefined): boolean {
  if (!project) return false;
  return (
    project.awaited.length > 0 ||
    project.status !== project.finalStatus ||
    project.funding?.state === 'waiting' ||
    project.funding?.state === 'provisional' ||
    project.funding?.others.some((each) => each.status !== each.finalStatus) ||
    project.reverted.length > 0 ||
    project.milestones.some((each) => each.status !== each.finalStatus)
  );
}

/** One project, as whoever is signed in sees it. Followed by itself. */
export function useProject(id: string) {
  const user = useUser();
  return useQuery({
    queryKey: ['project', id, user?.id],
    queryFn: () => ask(api.GET('/api/projects/{project_id}', at(id))),
    refetchInterval: (query) => (isMoving(query.state.data) ? SOON_MS : LATER_MS),
    placeholderData: keepPreviousData,
    retry: retryPassing,
  });
}

/**
 * Who may do what in its escrow, or in another one of the same two sides; for those who have a part
 * in it.
 */
export function useRights(project: Project | undefined, creationTxId?: string) {
  const user = useUser();
  const part = project?.part;
  const id = project?.id ?? '';
  return useQuery({
    queryKey: ['project', id, user?.id, 'acts', creationTxId ?? null],
    queryFn: () =>
      ask(
        api.GET('/api/projects/{project_id}/acts', {
          params: { ...at(id).params, query: creationTxId ? { creationTxId } : {} },
        }),
      ),
    enabled: part === 'client' || part === 'freelancer' || part === 'arbiter',
    refetchInterval: isMoving(project) ? SOON_MS : LATER_MS,
    retry: retryPassing,
  });
}

/**
 * The proposals that one may read: the client all of them, others their own. A project takes 200 at
 * most, which are two pages.
 */
export function useProposals(project: Project) {
  const user = useUser();
  return useQuery({
    queryKey: ['project', project.id, user?.id, 'proposals'],
    queryFn: async () => {
      const items: Proposal[] = [];
      let cursor: string | null | undefined = '';
      while (cursor != null) {
        const page: ProposalPage = await ask(
          api.GET('/api/projects/{project_id}/proposals', {
            params: {
              ...at(project.id).params,
              query: { limit: 100, ...(cursor ? { cursor } : {}) },
            },
          }),
        );
        items.push(...page.items);
        cursor = page.nextCursor;
      }
      return { items };
    },
    enabled: user !== null,
    refetchInterval: LATER_MS,
    retry: retryPassing,
  });
}

/** The terms in one version. One that was replaced never changes again. */
export function useTerms(id: string, version: number) {
  return useQuery({
    queryKey: ['project-terms', id, version],
    queryFn: () =>
      ask(
        api.GET('/api/projects/{project_id}/terms/{version}', {
          params: { path: { project_id: id, version } },
        }),
      ),
    staleTime: 60_000,
    retry: retryPassing,
  });
}

export function useDeliverables(id: string, num: number, enabled: boolean) {
  const user = useUser();
  return useQuery({
    queryKey: ['project', id, user?.id, 'deliverables', num],
    queryFn: () =>
      ask(
        api.GET('/api/projects/{project_id}/milestones/{num}/deliverables', {
          params: { path: { project_id: id, num } },
        }),
      ),
    enabled,
    refetchInterval: LATER_MS,
    retry: retryPassing,
  });
}

export function useReviews(id: string, enabled: boolean) {
  const user = useUser();
  return useQuery({
    queryKey: ['project', id, user?.id, 'reviews'],
    queryFn: () => ask(api.GET('/api/projects/{project_id}/reviews', at(id))),
    enabled,
    refetchInterval: LATER_MS,
    retry: retryPassing,
  });
}

export const PAGE = 20;
/** So many pages are looked at anew by themselves; who reads on further is left in peace. */
const FOLLOWED_PAGES_MAX = 2;

/** A page of projects after another. */
export function useProjects(search: ProjectSearch, enabled = true) {
  const user = useUser();
  return useInfiniteQuery({
    queryKey: ['projects', search, search.part ? user?.id : null],
    queryFn: ({ pageParam }) =>
      ask(
        api.GET('/api/projects', {
          params: {
            query: { ...search, limit: PAGE, ...(pageParam ? { cursor: pageParam } : {}) },
          },
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (last) => last.nextCursor ?? undefined,
    placeholderData: keepPreviousData,
    refetchInterval: (query) =>
      (query.state.data?.pages.length ?? 0) <= FOLLOWED_PAGES_MAX ? LATER_MS : false,
    // Whoever comes back from a project finds the list as they left it.
    staleTime: LATER_MS,
    refetchOnWindowFocus: (query) => (query.state.data?.pages.length ?? 0) <= FOLLOWED_PAGES_MAX,
    enabled,
    retry: retryPassing,
  });
}

export function useDispute(id: string) {
  const user = useUser();
  return useQuery({
    queryKey: ['dispute', id, user?.id],
    queryFn: () =>
      ask(api.GET('/api/disputes/{dispute_id}', { params: { path: { dispute_id: id } } })),
    enabled: user !== null,
    refetchInterval: (query) =>
      query.state.data && query.state.data.state !== query.state.data.finalState
        ? SOON_MS
        : LATER_MS,
    retry: retryPassing,
  });
}

/** Everything about a project is read anew. */
export function useRefresh(id: string): () => Promise<void> {
  const queries = useQueryClient();
  return useCallback(async () => {
    await Promise.all([
      queries.invalidateQueries({ queryKey: ['project', id] }),
      queries.invalidateQueries({ queryKey: ['projects'] }),
      queries.invalidateQueries({ queryKey: ['dispute'] }),
    ]);
  }, [queries, id]);
}

/** What was said no to will be said no to again. */
function retryPassing(count: number, error: unknown): boolean {
  return !(error instanceof ApiProblem && error.status < 500) && count < 2;
}

export function at(id: string) {
  return { params: { path: { project_id: id } } };
}
