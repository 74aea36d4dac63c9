import { t } from '../../kit/i18n.ts';
import { AskFailed } from '../../kit/problem.ts';

/** What went wrong, that nothing was lost, and what to do, in the language of the page. */
export function troubleWords(error: unknown): string {
  if (!(error instanceof AskFailed)) return t('trouble.own');
  if (error.status === 429) return t('trouble.too_many', { count: Math.max(1, Math.ceil((error.retryAfter ?? 60) / 60)) });
  if (error.status === 0) return t('trouble.silence');
  if (error.status === 401) return t('trouble.signed_out');
  if (error.status === 403) return t('trouble.forbidden');
  if (error.status === 404) return t('trouble.missing');
  if (error.status === 409) return t('trouble.conflict');
  if (error.status === 422) return t('trouble.invalid');
  return t('trouble.server');
}
