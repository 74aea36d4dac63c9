import { hashKey, type QueryClient, type QueryKey } from '@tanstack/vue-query';

/**
 * Asks again for what stands under a query key. What is being asked already is answered first: a request that news cut short each time
 * would never be answered while they go on. However many come meanwhile, it is asked once more when that is settled.
 */
export function againIn(queries: QueryClient): (queryKey: QueryKey) => Promise<void> {
  const noted = new Set<string>();
  return async (queryKey) => {
    const name = hashKey(queryKey);
    if (noted.has(name)) return;
    noted.add(name);
    const underWay = queries.getQueryCache().findAll({ queryKey, fetchStatus: 'fetching' });
    await Promise.allSettled(underWay.map(({ promise }) => promise));
    noted.delete(name);
    await queries.invalidateQueries({ queryKey });
  };
}
