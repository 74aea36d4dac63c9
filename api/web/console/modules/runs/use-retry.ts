import { useMutation, useQueryClient } from '@tanstack/vue-query';
import { useRouter } from 'vue-router';
import { askAny } from '../../../kit/client.ts';
import { t } from '../../../kit/i18n.ts';
import { type RunSummary, retryOf } from '../../../kit/runs.ts';
import { notify } from '../../shell/notices.ts';
import { troubleWords } from '../../shell/trouble.ts';

/** Asks for a run again and leads to the new attempt. */
export function useRetry() {
  const [queries, router] = [useQueryClient(), useRouter()];
  return useMutation({
    async mutationFn(run: RunSummary) {
      const retry = retryOf(run);
      if (!retry) throw new TypeError(`a run of ${run.process_type} is not asked for by hand`);
      return (await askAny(retry.operation, { body: retry.body })) as { run_id: number };
    },
    onSuccess: ({ run_id }) =>
      notify(t('runs.asked'), {
        action: { title: t('runs.look'), run: () => void router.push({ name: 'run', params: { id: run_id } }) },
      }),
    onError: (error) => notify(troubleWords(error), { isTrouble: true }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['runs'] }),
  });
}
