import { useQuery } from '@tanstack/react-query';
import { api, ask } from '#/api';
import type { Asset } from '#/design';

export const DAYS = 14;

/** The reader's own zone: its midnights part the days. */
const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';

/** What votes earned on each of the last days; `on` reads one, by the reader's calendar. */
export function useDays(accountId: string, asset: Asset | undefined) {
  const days = useQuery({
    queryKey: ['days', accountId, asset],
    queryFn: () =>
      ask(
        api.GET('/api/balance/days', {
          params: { query: { asset: asset ?? 'SOL', zone: ZONE, days: DAYS } },
        }),
      ),
    enabled: asset !== undefined,
    refetchOnWindowFocus: 'always',
  });
  const byDay = new Map(days.data?.items.map((each) => [each.day, each]));
  return { ...days, on: (day: Date) => byDay.get(calendarDay(day)) };
}

/** 2026-11-20, in the reader's zone. */
export function calendarDay(at: Date): string {
  const two = (part: number) => String(part).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}
