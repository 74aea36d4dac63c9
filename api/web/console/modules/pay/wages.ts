import type { AnswerTo } from '../../../kit/client.ts';
import { count, money, monthOf, percent } from '../../../kit/formats.ts';
import { t } from '../../../kit/i18n.ts';

export type Sheet = AnswerTo<'GET /api/pay/sheets/{trainer_id}/{month}'>;
export type PayLine = Sheet['lines'][number];
export type Rate = AnswerTo<'GET /api/pay/rates'>['items'][number];

/** What a line is for. */
export const whatOf = (line: PayLine) =>
  line.kind === 'month' ? t('wage.for_month', { month: monthOf(line.day) }) : (line.training_type ?? t('wage.training_gone'));

/** How its amount comes about: `3 × 100 ₽`, `40 % of 1 500 ₽`. */
export function howOf(line: PayLine): string {
  if (line.quantity === 0) return t('wage.nothing_now');
  if (line.kind === 'month') return t('wage.how.month', { count: line.quantity, amount: money(line.rate_minor ?? 0) });
  if (line.kind === 'head') return t('wage.how.head', { heads: count(line.quantity), amount: money(line.rate_minor ?? 0) });
  if (line.kind === 'percent')
    return t('wage.how.percent', { percent: percent((line.percent_bp ?? 0) / 10_000), amount: money(line.base_minor ?? 0) });
  return t('wage.how.training');
}

/** What a card pays, as one sentence. */
export function rateWords(rate: Rate): string {
  const parts = [
    rate.training_minor === null ? '' : t('wage.pays.training', { amount: money(rate.training_minor) }),
    rate.head_minor === null ? '' : t('wage.pays.head', { amount: money(rate.head_minor) }),
    rate.percent_bp === null ? '' : t('wage.pays.percent', { percent: percent(rate.percent_bp / 10_000) }),
    rate.month_minor === null ? '' : t('wage.pays.month', { amount: money(rate.month_minor) }),
  ].filter(Boolean);
  return parts.length > 0 ? parts.join('; ') : t('wage.pays.nothing');
}
