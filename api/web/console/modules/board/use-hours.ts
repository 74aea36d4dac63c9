import { computed, type Ref } from 'vue';
import { ask } from '../../../kit/client.ts';
import { useQuery } from '../../../kit/queries.ts';
import type { Day } from '../../../kit/zone.ts';

/** When it is open on the days of a board. The board is drawn without waiting for it. */
export function useHours(days: Ref<readonly Day[]>) {
  const { data } = useQuery({
    queryKey: computed(() => ['board', 'hours', days.value[0], days.value.at(-1)]),
    queryFn: ({ signal }) =>
      ask('GET /api/board/hours', { query: { from: days.value[0] as Day, to: days.value.at(-1) as Day }, signal }),
    enabled: () => days.value.length > 0,
    placeholderData: (before) => before,
  });
  return computed(() => data.value?.items ?? []);
}
