import { QueryCache, QueryClient, useInfiniteQuery as useAnyInfiniteQuery, useQuery as useAnyQuery } from '@tanstack/vue-query';
import { computed, type Ref, shallowRef } from 'vue';
import { AskFailed } from './problem.ts';

/** Silence and an overloaded server pass; a refusal stays one. */
const isPassing = (error: unknown) =>
  error instanceof AskFailed && (error.status === 0 || error.status === 429 || error.status >= 500);
const isWorthAnother = (failures: number, error: Error) => failures < 2 && isPassing(error);

const AGAIN_MS = 5_000;
const behind = shallowRef(false);
/** Something that is shown could not be asked for again. It is tried every five seconds. */
export const isBehind: Readonly<Ref<boolean>> = behind;
let timer: ReturnType<typeof setTimeout> | undefined;

const late = () =>
  queryClient
    .getQueryCache()
    .findAll({ type: 'active' })
    .filter(({ state }) => state.data !== undefined && state.status === 'error' && isPassing(state.error));
function look() {
  behind.value = late().length > 0;
  clearTimeout(timer);
  if (behind.value)
    timer = setTimeout(() => void Promise.all(late().map((query) => query.fetch().catch(() => {}))).then(look), AGAIN_MS);
}

export const queryClient: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onSettled: look }),
  defaultOptions: { queries: { retry: isWorthAnother, staleTime: 30_000, refetchOnWindowFocus: true } },
});

/** A hook of vue-query, but that what was read before outlives an outage: its error is then {@link isBehind}, and not that of the page. */
function keeping<Hook extends (...args: never[]) => unknown>(hook: Hook): Hook {
  const kept = (...args: never[]) => {
    const query = hook(...args) as { data: Ref<unknown>; error: Ref<unknown> };
    const error = computed(() => (query.data.value !== undefined && isPassing(query.error.value) ? null : query.error.value));
    return { ...query, error };
  };
  return kept as unknown as Hook;
}
export const useQuery = keeping(useAnyQuery);
export const useInfiniteQuery = keeping(useAnyInfiniteQuery);
