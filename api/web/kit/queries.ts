import { QueryClient } from '@tanstack/vue-query';
import { AskFailed } from './problem.ts';

/** Only silence and an overloaded server are worth a second try; a refusal stays one. */
const isWorthAnother = (failures: number, error: Error) =>
  failures < 2 && error instanceof AskFailed && (error.status === 0 || error.status === 429 || error.status >= 500);

export const queryClient = new QueryClient({
  defaultOptions: { queries: { retry: isWorthAnother, staleTime: 30_000, refetchOnWindowFocus: true } },
});
