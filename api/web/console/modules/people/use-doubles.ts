import { useQueries } from '@tanstack/vue-query';
import { computed, onBeforeUnmount, ref, watch } from 'vue';
import { ask } from '../../../kit/client.ts';

/** Fewer digits end too many phones. */
const LEAST_DIGITS = 7;

/** What is looked for to see whether somebody is here already: the whole phone, and first and last name together. */
export function questionsOf(typed: { first_name: string; last_name: string; phone: string }): string[] {
  const digits = typed.phone.replaceAll(/\D/g, '');
  const names = [typed.first_name, typed.last_name].map((name) => name.trim());
  return [
    ...(digits.length >= LEAST_DIGITS && digits.length <= 15 ? [digits] : []),
    ...(names.every(Boolean) ? [names.join(' ')] : []),
  ];
}

/** Who has the phone or the name that is being typed. */
export function useDoubles(typed: () => { first_name: string; last_name: string; phone: string }) {
  const asked = ref<string[]>(questionsOf(typed()));
  let pause: ReturnType<typeof setTimeout>;
  watch(
    () => questionsOf(typed()),
    (questions) => {
      clearTimeout(pause);
      pause = setTimeout(() => (asked.value = questions), 200);
    },
  );
  onBeforeUnmount(() => clearTimeout(pause));
  const found = useQueries({
    queries: computed(() =>
      asked.value.map((q) => ({
        queryKey: ['search', q],
        queryFn: ({ signal }: { signal: AbortSignal }) => ask('GET /api/search', { query: { q }, signal }),
      })),
    ),
  });
  return computed(() => {
    const people = found.value.flatMap(({ data }) => data?.people ?? []);
    return [...new Map(people.map((person) => [person.id, person])).values()].slice(0, 5);
  });
}
