import { useQueryClient } from '@tanstack/vue-query';
import { computed, onScopeDispose, type Ref, shallowRef, watch } from 'vue';
import { allPagesOf } from '../../../kit/all-pages.ts';
import { ask } from '../../../kit/client.ts';
import { t } from '../../../kit/i18n.ts';
import { useLive } from '../../../kit/live.ts';
import { useQuery } from '../../../kit/queries.ts';
import { session } from '../../../kit/session.ts';
import { studio } from '../../../kit/studio.ts';
import type { Day } from '../../../kit/zone.ts';
import { changedAmong } from './changed.ts';
import {
  type AwayTime,
  type Booking,
  type Entry,
  entriesOfAbsence,
  entryOfBooking,
  entryOfTraining,
  type Training,
} from './entries.ts';

/** Milliseconds that a change of somebody else is marked. */
const MARKED_MS = 2_000;

/** What stands on some days, asked again whenever it changes; and who changed it just now, by entry. @param nameOf a trainer's name */
export function useBoard(days: Ref<readonly Day[]>, nameOf: (trainerId: number) => string) {
  const queries = useQueryClient();
  const queryKey = computed(() => ['board', days.value[0], days.value.at(-1)]);
  const { data, error, refetch } = useQuery({
    queryKey,
    async queryFn({ signal }) {
      const [from, to] = [days.value[0] as Day, days.value.at(-1) as Day];
      const span = { from, to, limit: '200' };
      const [trainings, bookings, absences] = await Promise.all([
        allPagesOf<Training>((cursor) => ask('GET /real-trainings', { query: { ...span, cursor }, signal })),
        allPagesOf<Booking>((cursor) => ask('GET /bookings', { query: { ...span, cursor }, signal })),
        allPagesOf<AwayTime>((cursor) => ask('GET /api/specialist-absences', { query: { from, limit: '200', cursor }, signal })),
      ]);
      return { trainings, bookings, absences };
    },
    placeholderData: (before) => before,
    enabled: () => days.value.length > 0,
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
    absences: computed(() => {
      const around = { zone: studio.zone, now: Date.now(), days: days.value, nameOf, word: t('board.away') };
      return (data.value?.absences ?? []).flatMap((absence) => entriesOfAbsence(absence, around));
    }),
    isLoaded: computed(() => data.value !== undefined),
    error,
    refetch,
    /** Asks again for everything that boards show. */
    again: () => queries.invalidateQueries({ queryKey: ['board'] }),
    marked,
  };
}
