import { computed, type Ref } from 'vue';
import { type AnswerTo, ask } from '../../../kit/client.ts';
import { useLive } from '../../../kit/live.ts';
import { useQuery } from '../../../kit/queries.ts';
import type { Day } from '../../../kit/zone.ts';

export type BoardDay = AnswerTo<'GET /api/board/days'>['items'][number];

/** What stands on the days of a month, asked again whenever it changes. */
export function useMonth(days: Ref<readonly Day[]>) {
  const queryKey = computed(() => ['board', 'month', days.value[0], days.value.at(-1)]);
  const { data, error, refetch } = useQuery({
    queryKey,
    queryFn: ({ signal }) =>
      ask('GET /api/board/days', { query: { from: days.value[0] as Day, to: days.value.at(-1) as Day }, signal }),
    placeholderData: (before) => before,
  });
  useLive(
    computed(() => days.value.map((day) => `day:${day}`)),
    queryKey,
  );
  return { counted: computed(() => new Map((data.value?.items ?? []).map((one) => [one.day, one]))), data, error, refetch };
}
