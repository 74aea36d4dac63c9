import { computed } from 'vue';
import { ask, askAny } from '../../kit/client.ts';
import { useQuery } from '../../kit/queries.ts';

type Service = { id: number; name: string; price_minor: number; duration_minutes: number; is_active: boolean };
/** What is to be booked, of a day; specialist 0: whoever is free. */
type Wish = { service: number | null; day: string; specialist: number };

const listOf = async <T>(path: string, signal: AbortSignal) =>
  ((await askAny(`GET ${path}`, { query: { is_active: 'true', limit: '200' }, signal })) as { items: T[] }).items;

/** The services that can be booked, who gives one on a day, and the starts that are free then. */
export function useStarts(wish: () => Wish) {
  const { data: services } = useQuery({
    queryKey: ['catalogue', 'services'],
    queryFn: ({ signal }) => listOf<Service>('/api/services', signal),
  });
  const { data: people } = useQuery({
    queryKey: ['catalogue', 'specialists'],
    queryFn: ({ signal }) => listOf<{ id: number; first_name: string; last_name: string }>('/api/specialists', signal),
  });
  const queryKey = computed(() => ['slots', wish().service, wish().day]);
  const {
    data: slots,
    isFetching,
    refetch,
  } = useQuery({
    queryKey,
    queryFn: ({ signal }) =>
      ask('GET /slots', { query: { service_id: String(wish().service), from: wish().day, days: '1' }, signal }),
    enabled: () => wish().service !== null && wish().day !== '',
    staleTime: 0,
  });
  const specialists = computed(() => {
    const offered = new Set(slots.value?.specialists.map(({ specialist_id }) => specialist_id));
    return (people.value ?? [])
      .filter(({ id }) => offered.has(id))
      .map(({ id, first_name, last_name }) => ({ id, name: `${first_name} ${last_name}`.trim() }));
  });
  const starts = computed(() => {
    const { specialist } = wish();
    const days =
      specialist === 0
        ? (slots.value?.any ?? [])
        : (slots.value?.specialists.find(({ specialist_id }) => specialist_id === specialist)?.days ?? []);
    return days.flatMap((one) => one.starts);
  });
  return {
    services,
    service: computed(() => services.value?.find(({ id }) => id === wish().service)),
    specialists,
    starts,
    isKnown: computed(() => slots.value !== undefined),
    isFetching,
    refetch,
  };
}
