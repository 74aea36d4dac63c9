import { computed, ref, watch } from 'vue';
import { type AnswerTo, ask } from '../../kit/client.ts';
import { useAsked } from '../asked.ts';

export type Deal = AnswerTo<'GET /api/clients/{id}/deal'>;
export type WayToPay = Deal['pay_from'][number];
type Wish = { client: number; service_id: string; specialist_id?: string; starts_at: string | null };

/** What the start that is chosen costs, null while that is not known, and the way to pay it: one that there is. */
export function useDeal(wish: () => Wish) {
  const payFrom = ref<WayToPay>('later');
  const { data, trouble, again } = useAsked(
    async (signal) => {
      const { client, starts_at, ...rest } = wish();
      if (starts_at === null) return null;
      const given = { params: { id: String(client) }, query: { ...rest, starts_at }, signal };
      return { starts_at, client, ...(await ask('GET /api/clients/{id}/deal', given)) };
    },
    () => JSON.stringify(wish()),
  );
  const deal = computed(() => {
    const { client, starts_at } = wish();
    return data.value?.starts_at === starts_at && data.value.client === client ? data.value : null;
  });
  watch(deal, (found, before) => {
    const isAnother = found?.starts_at !== before?.starts_at || found?.client !== before?.client;
    if (found && (isAnother || !found.pay_from.includes(payFrom.value))) payFrom.value = found.pay_from[0] ?? 'later';
  });
  return { deal, payFrom, trouble, again };
}
