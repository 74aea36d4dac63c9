import { computed } from 'vue';
import { askAny } from '../../../kit/client.ts';
import { useQuery } from '../../../kit/queries.ts';
import type { Homes } from './closed.ts';

type Specialist = { id: number; first_name: string; last_name: string; is_active: boolean; location_id: number | null };
type Room = { id: number; name: string; is_active?: boolean; location_id: number | null };
type TrainingType = { id: number; name: string; duration_minutes: number };

const listOf = async <T>(path: string, signal: AbortSignal) =>
  ((await askAny(`GET ${path}`, { query: { limit: '200' }, signal })) as { items: T[] }).items;

/** Who and what an entry can be given: active trainers, rooms, kinds of trainings. */
export function useDirectory() {
  const { data } = useQuery({
    queryKey: ['directory'],
    staleTime: 300_000,
    async queryFn({ signal }) {
      const [specialists, rooms, types] = await Promise.all([
        listOf<Specialist>('/api/specialists', signal),
        listOf<Room>('/api/rooms', signal),
        listOf<TrainingType>('/api/training-types', signal),
      ]);
      return {
        trainers: specialists
          .filter(({ is_active }) => is_active)
          .map(({ id, first_name, last_name }) => ({ id, name: `${first_name} ${last_name}`.trim() })),
        rooms: rooms.filter(({ is_active = true }) => is_active).map(({ id, name }) => ({ id, name })),
        types,
        homes: {
          trainers: new Map(specialists.map(({ id, location_id }) => [id, location_id])),
          rooms: new Map(rooms.map(({ id, location_id }) => [id, location_id])),
        },
      };
    },
  });
  return {
    trainers: computed(() => data.value?.trainers ?? []),
    nameOf: (trainerId: number) => data.value?.trainers.find(({ id }) => id === trainerId)?.name ?? '',
    rooms: computed(() => data.value?.rooms ?? []),
    homes: computed<Homes>(() => data.value?.homes ?? { trainers: new Map(), rooms: new Map() }),
    types: computed(() => data.value?.types ?? []),
    isKnown: computed(() => data.value !== undefined),
  };
}
export type Directory = ReturnType<typeof useDirectory>;
