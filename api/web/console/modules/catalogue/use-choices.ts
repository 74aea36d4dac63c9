import { useQuery } from '../../../kit/queries.ts';
import { kinds } from './kinds.ts';
import { allOf } from './records.ts';

type Choice = { id: number; name: string; isActive: boolean };

/** What a record may refer to, by its kind: locations, services, types, rooms, trainers, groups. */
export function useChoices() {
  const { data } = useQuery({
    queryKey: ['records', 'choices'],
    async queryFn({ signal }) {
      const asked = {
        locations: kinds.locations.path,
        services: kinds.services.path,
        types: kinds.types.path,
        rooms: kinds.rooms.path,
        trainers: '/api/specialists',
        groups: '/api/groups',
      };
      const lists = await Promise.all(
        Object.entries(asked).map(
          async ([kind, path]): Promise<[string, Choice[]]> => [
            kind,
            (await allOf(path, {}, signal)).map(({ id, name, first_name, last_name, is_active }) => ({
              id,
              name: String(name ?? `${first_name} ${last_name}`).trim(),
              isActive: is_active !== false,
            })),
          ],
        ),
      );
      return new Map(lists);
    },
  });
  const of = (kind: string) => data.value?.get(kind) ?? [];
  return {
    /** Those that can be chosen. */
    choices: (kind: string) => of(kind).filter(({ isActive }) => isActive),
    nameOf: (kind: string, id: unknown) => of(kind).find((one) => one.id === id)?.name ?? '',
  };
}
