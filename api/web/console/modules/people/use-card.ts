import { useQueryClient } from '@tanstack/vue-query';
import { computed, type Ref } from 'vue';
import { type AnswerTo, ask } from '../../../kit/client.ts';
import { useLive } from '../../../kit/live.ts';
import { useQuery } from '../../../kit/queries.ts';

export type Card = AnswerTo<'GET /api/people/{id}/card'>;
export type Held = AnswerTo<'GET /api/students/{id}/subscriptions'>['items'][number];
export type TimelineEntry = AnswerTo<'GET /api/people/{id}/timeline'>['items'][number];

/** Somebody's card and what they hold; asked again when anything about them or who pays for them changes anywhere. */
export function useCard(id: Ref<string>) {
  const queries = useQueryClient();
  const key = computed(() => ['person', id.value]);
  const card = useQuery({
    queryKey: computed(() => ['person', id.value, 'card']),
    queryFn: ({ signal }) => ask('GET /api/people/{id}/card', { params: { id: id.value }, signal }),
  });
  const held = useQuery({
    queryKey: computed(() => ['person', id.value, 'held']),
    queryFn: ({ signal }) =>
      ask('GET /api/students/{id}/subscriptions', { params: { id: id.value }, query: { limit: '50' }, signal }),
    enabled: () => card.data.value?.is_student === true,
  });
  useLive(
    computed(() => [...new Set([`client:${id.value}`, ...(card.data.value ? [`client:${card.data.value.payer.id}`] : [])])]),
    key,
  );
  const again = () => queries.invalidateQueries({ queryKey: key.value });
  return { card, held, again };
}

export const nameOf = (card: Pick<Card, 'first_name' | 'last_name'>) => `${card.first_name} ${card.last_name}`.trim();
