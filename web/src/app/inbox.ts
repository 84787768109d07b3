import { useQuery } from '@tanstack/react-query';
import { api, ask } from '#/api';
import { useUser } from '#/session';

const INBOX = ['inbox'] as const;

/** The newest twenty, and how many are unread in all. Read anew every twenty seconds. */
export function useInbox() {
  const user = useUser();
  return useQuery({
    queryKey: [...INBOX, user?.id],
    queryFn: () => ask(api.GET('/api/notifications')),
    enabled: user !== null,
    refetchInterval: 20_000,
  });
}

export const inboxKey = INBOX;

/** What arbiters alone are told; it leads to where they rule. */
const TO_RULE = new Set(['dispute_to_rule', 'evidence_to_read']);

/** Where a notification’s subject is shown, such as `project:5f…`; null for what has no page. */
export function placeOf({ subject, kind }: { subject: string; kind: string }): string | null {
  const at = subject.indexOf(':');
  const id = encodeURIComponent(subject.slice(at + 1));
  switch (subject.slice(0, at)) {
    case 'project':
      return `/work/projects/${id}`;
    case 'dispute':
      return TO_RULE.has(kind) ? `/admin/disputes/${id}` : `/work/disputes/${id}`;
    case 'payout':
      return `/work/payouts/${id}`;
    case 'task':
      return `/hire/tasks/${id}`;
    default:
      return null;
  }
}
