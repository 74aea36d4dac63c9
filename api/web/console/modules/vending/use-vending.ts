import { computed, ref } from 'vue';
import { useRoute, useRouter } from 'vue-router';
import { allPagesOf } from '../../../kit/all-pages.ts';
import { type AnswerTo, ask } from '../../../kit/client.ts';
import { useLive } from '../../../kit/live.ts';
import { useQuery } from '../../../kit/queries.ts';

export type Owner = AnswerTo<'GET /api/vending/owners'>['items'][number];
export type Machine = AnswerTo<'GET /api/vending/terminals'>['items'][number];
export type Stock = AnswerTo<'GET /api/vending/stock'>['items'][number];
export type StockPlace = AnswerTo<'GET /api/vending/places'>['items'][number];
export type Ingredient = AnswerTo<'GET /api/vending/ingredients'>['items'][number];
export type Recipe = AnswerTo<'GET /api/vending/terminals/{id}/recipes'>['items'][number];
export type RestockTask = AnswerTo<'GET /api/vending/tasks'>['items'][number];
export type Import = AnswerTo<'GET /api/vending/imports'>['items'][number];

/** Asked again whenever something of the machines changes. */
export const useVendingLive = () => useLive(ref(['vending']), ['vending']);

export const useOwners = () =>
  useQuery({
    queryKey: ['vending', 'owners'],
    queryFn: ({ signal }) => allPagesOf((cursor) => ask('GET /api/vending/owners', { query: { limit: '200', cursor }, signal })),
  });
export const useMachines = () =>
  useQuery({
    queryKey: ['vending', 'machines'],
    queryFn: ({ signal }) =>
      allPagesOf((cursor) => ask('GET /api/vending/terminals', { query: { limit: '200', cursor }, signal })),
  });
export const useStock = () =>
  useQuery({
    queryKey: ['vending', 'stock'],
    queryFn: ({ signal }) => allPagesOf((cursor) => ask('GET /api/vending/stock', { query: { limit: '200', cursor }, signal })),
  });
export const usePlaces = () =>
  useQuery({
    queryKey: ['vending', 'places'],
    queryFn: ({ signal }) => allPagesOf((cursor) => ask('GET /api/vending/places', { query: { limit: '200', cursor }, signal })),
  });
export const useIngredients = () =>
  useQuery({
    queryKey: ['vending', 'ingredients'],
    queryFn: ({ signal }) =>
      allPagesOf((cursor) => ask('GET /api/vending/ingredients', { query: { limit: '200', cursor }, signal })),
  });

/** Whose machines are shown: one owner's, as the address says, or everybody's that may be seen. */
export function useChosenOwner() {
  const [route, router] = [useRoute(), useRouter()];
  const owners = useOwners();
  const known = computed(() => owners.data.value ?? []);
  const chosen = computed({
    get: () => known.value.find(({ id }) => String(id) === route.query.owner)?.id ?? null,
    set: (id: number | null) => void router.replace({ query: { ...route.query, owner: id === null ? undefined : String(id) } }),
  });
  return {
    owners,
    chosen,
    /** The owners that are shown. */
    shown: computed(() => known.value.filter(({ id }) => chosen.value === null || chosen.value === id)),
    isShown: (row: { owner_id: number }) => chosen.value === null || row.owner_id === chosen.value,
  };
}
