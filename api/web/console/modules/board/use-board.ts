import { useQuery, useQueryClient } from '@tanstack/vue-query';
import { computed, onScopeDispose, type Ref, shallowRef, watch } from 'vue';
import { ask, askAny } from '../../../kit/client.ts';
import { useLive } from '../../../kit/live.ts';
import { session } from '../../../kit/session.ts';
import { studio } from '../../../kit/studio.ts';
import type { Day } from '../../../kit/zone.ts';
import { changedAmong } from './changed.ts';
import { type Booking, type Entry, entryOfBooking, entryOfTraining, standsAt, type Training } from './entries.ts';
import { DAY_MINUTES } from './geometry.ts';

type Absence = { specialist_id: number; from_at: string; to_at: string; reason: string | null };
/** When a trainer is away, of one day. */
export type Away = { day: Day; from: number; to: number; trainerId: number; reason: string | null };
type Page<T> = { items: T[]; next_cursor: string | null };

/** Milliseconds that a change of somebody else is marked. */
const MARKED_MS = 2_000;

async function allOf<T>(asked: (cursor: string | undefined) => Promise<Page<T>>): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await asked(cursor);
    items.push(...page.items);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return items;
}

/** Away times cut into days. */
function awayOn(days: readonly Day[], absences: readonly Absence[]): Away[] {
  return absences.flatMap(({ specialist_id: trainerId, from_at, to_at, reason }) => {
    const [from, to] = [standsAt(from_at, studio.zone), standsAt(to_at, studio.zone)];
    return days
      .filter((day) => from.day <= day && day <= to.day)
      .map((day) => ({
        day,
        trainerId,
        reason,
        from: from.day === day ? from.from : 0,
        to: to.day === day ? to.from : DAY_MINUTES,
      }))
      .filter((away) => away.from < away.to);
  });
}

/** What stands on some days, asked again whenever it changes; and who changed it just now, by entry. */
export function useBoard(days: Ref<readonly Day[]>) {
  const queries = useQueryClient();
  const queryKey = computed(() => ['board', days.value[0], days.value.at(-1)]);
  const { data, error, refetch } = useQuery({
    queryKey,
    async queryFn({ signal }) {
      const [from, to] = [days.value[0] as Day, days.value.at(-1) as Day];
      const span = { from, to, limit: '200' };
      const [trainings, bookings, absences] = await Promise.all([
        allOf<Training>((cursor) => ask('GET /real-trainings', { query: { ...span, cursor }, signal })),
        allOf<Booking>((cursor) => ask('GET /bookings', { query: { ...span, cursor }, signal })),
        allOf<Absence>(
          (cursor) =>
            askAny('GET /api/specialist-absences', { query: { from, limit: '200', cursor }, signal }) as Promise<Page<Absence>>,
        ),
      ]);
      return { trainings, bookings, absences };
    },
    placeholderData: (before) => before,
  });
  const entries = computed<Entry[]>(() => {
    const around = { zone: studio.zone, now: Date.now(), mayMove: session.isStudio.value };
    return [
      ...(data.value?.trainings ?? []).map((training) => entryOfTraining(training, around)),
      ...(data.value?.bookings ?? []).map((booking) => entryOfBooking(booking, around)),
    ].filter(({ place }) => days.value.includes(place.day));
  });

  const marked = shallowRef<ReadonlyMap<string, string>>(new Map());
  let by: string | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  useLive(
    computed(() => days.value.map((day) => `day:${day}`)),
    queryKey,
    (news) => (by = 'by' in news ? news.by : null),
  );
  const { data: team } = useQuery({
    queryKey: ['team'],
    queryFn: ({ signal }) => ask('GET /api/team', { signal }),
    enabled: session.isStudio,
  });
  watch(data, (now, before) => {
    if (!now || !before || by === `person:${session.me.value?.user.id}`) return;
    const who = team.value?.members.find(({ id }) => by === `person:${id}`);
    const name = who ? `${who.first_name} ${who.last_name}`.trim() : '';
    const keys = [
      ...changedAmong(before.trainings, now.trainings).map((id) => `training-${id}`),
      ...changedAmong(before.bookings, now.bookings).map((id) => `booking-${id}`),
    ];
    if (keys.length === 0) return;
    marked.value = new Map(keys.map((key) => [key, name]));
    clearTimeout(timer);
    timer = setTimeout(() => (marked.value = new Map()), MARKED_MS);
  });
  onScopeDispose(() => clearTimeout(timer));

  return {
    entries,
    away: computed(() => awayOn(days.value, data.value?.absences ?? [])),
    isLoaded: computed(() => data.value !== undefined),
    error,
    refetch,
    /** Asks again for everything that boards show. */
    again: () => queries.invalidateQueries({ queryKey: ['board'] }),
    marked,
  };
}
