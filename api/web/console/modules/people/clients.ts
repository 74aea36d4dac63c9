import type { AnswerTo } from '../../../kit/client.ts';
import { day, moment } from '../../../kit/formats.ts';
import { t } from '../../../kit/i18n.ts';

export type Listed = AnswerTo<'GET /api/people'>['items'][number];
const KINDS = ['all', 'students', 'debtors', 'without_subscription', 'new', 'away', 'former'] as const;
type Kind = (typeof KINDS)[number];
/** Which of them a trainer may ask for: who owes is not said. */
export const kindsOf = (isStudio: boolean): readonly Kind[] => (isStudio ? KINDS : KINDS.filter((kind) => kind !== 'debtors'));

/** What somebody holds, or who pays for them. */
export function heldOf({ subscription, is_student, payer }: Listed): string {
  const held = subscription
    ? [
        subscription.name,
        subscription.sessions_left === null ? t('why.unlimited') : t('why.sessions_left', { count: subscription.sessions_left }),
        subscription.is_frozen ? t('held.frozen') : t('clients.until', { when: day(subscription.end_date) }),
      ].join(', ')
    : is_student
      ? t('clients.no_subscription')
      : '';
  return [held, payer ? `${t('card.pays')} ${payer.name}` : ''].filter(Boolean).join(' · ');
}

/** When somebody came last and comes next. */
export const visitsOf = ({ last_visit, next_visit }: Listed): string =>
  [
    last_visit ? t('trainers.last', { when: moment(last_visit) }) : t('clients.never'),
    next_visit ? t('trainers.next', { when: moment(next_visit) }) : '',
  ]
    .filter(Boolean)
    .join(' · ');
