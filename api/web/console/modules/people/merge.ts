import type { AnswerTo } from '../../../kit/client.ts';
import { day, money } from '../../../kit/formats.ts';
import { t } from '../../../kit/i18n.ts';

export type Merging = AnswerTo<'POST /api/clients/{id}/merge'>;
export type Side = Merging['kept'];

/** Of two cards beside each other, what either of them has: a word for it, and what stands on each. */
export function sideLines(kept: Side, other: Side): { what: string; values: [string, string] }[] {
  const born = ({ birth_date }: Side) => (birth_date ? `${day(birth_date)} ${birth_date.slice(0, 4)}` : '');
  const count = (n: number) => (n === 0 ? '' : String(n));
  const list: [string, (side: Side) => string][] = [
    [t('merge.side.name'), ({ name }) => name],
    [t('card.phone'), ({ phones }) => phones.join(', ')],
    [t('card.email'), ({ email }) => email ?? ''],
    [t('card.has_telegram'), ({ has_telegram }) => (has_telegram ? t('merge.yes') : '')],
    [t('merge.side.sign_in'), ({ has_sign_in }) => (has_sign_in ? t('merge.yes') : '')],
    [t('card.birth_date'), born],
    [t('card.payer'), ({ payer, name }) => (payer === name ? '' : payer)],
    [t('card.guardian'), ({ guardians }) => guardians.join(', ')],
    [t('card.child'), ({ children }) => children.join(', ')],
    [t('card.balance'), ({ balance_minor }) => (balance_minor === 0 ? '' : money(balance_minor))],
    [t('merge.side.owed'), ({ owed_minor }) => (owed_minor === 0 ? '' : money(owed_minor))],
    [t('card.subscriptions'), ({ subscriptions }) => count(subscriptions)],
    [t('merge.side.sessions'), ({ sessions_left }) => count(sessions_left)],
    [t('card.kind.visits'), ({ visits }) => count(visits)],
    [t('merge.side.trainings'), ({ trainings_ahead }) => count(trainings_ahead)],
    [t('merge.side.bookings'), ({ bookings_ahead }) => count(bookings_ahead)],
    [t('card.kind.messages'), ({ messages }) => count(messages)],
    [t('card.kind.notes'), ({ notes }) => count(notes)],
  ];
  return list
    .map(([what, of]) => ({ what, values: [of(kept), of(other)] as [string, string] }))
    .filter(({ values }) => values.some(Boolean));
}

/** What comes of it, in words. */
export function consequencesOf({ kept, other, becomes }: Merging): string[] {
  if (!becomes) return [];
  const former = becomes.phones.slice(1);
  return [
    t('merge.then.all', { name: becomes.name }),
    ...(other.balance_minor > 0 ? [t('merge.then.balance', { amount: money(becomes.balance_minor) })] : []),
    ...(becomes.owed_minor > 0 && becomes.balance_minor > 0 ? [t('merge.then.settled')] : []),
    ...(other.payer !== other.name && other.payer !== becomes.payer ? [t('merge.then.payer', { name: becomes.payer })] : []),
    ...(former.length > 0 ? [t('merge.then.found', { phones: former.join(', ') })] : []),
    ...(kept.works_here && (other.has_sign_in || other.has_telegram) ? [t('merge.then.staff')] : []),
    t('merge.then.closed', { name: other.name }),
    t('merge.then.final'),
  ];
}
