import type { AnswerTo } from '../../../kit/client.ts';
import { count, money } from '../../../kit/formats.ts';
import { t, textOr } from '../../../kit/i18n.ts';

export type Explanation = AnswerTo<'GET /api/why'>;
export type About = { of: Explanation['of']; id: number };
export type Link = Explanation['chain'][number];

/** `+3`, `-1`, `0`: a count as a ledger has it. */
export const signed = (value: number) => (value > 0 ? `+${count(value)}` : count(value));

/** What stands behind an explanation: money, or sessions; empty where it is neither. */
export function figureOf({ amount_minor, sessions, of }: Pick<Explanation, 'amount_minor' | 'sessions' | 'of'>): string {
  if (amount_minor !== null) return money(amount_minor);
  if (sessions !== null) return of === 'sessions' ? t('why.sessions_left', { count: sessions }) : signed(sessions);
  return of === 'sessions' ? t('why.unlimited') : '';
}

/** The status of what is asked about, in words. */
export function statusOf({ of, status }: Pick<Explanation, 'of' | 'status'>): string {
  if (status === null) return '';
  if (of === 'invoice') return textOr(`invoice.status.${status}`, status);
  if (of === 'visit') return textOr(`visit.${status}`, status);
  if (of === 'booking') return textOr(`booking.${status}`, status);
  if (of === 'session') return textOr(`why.session.${status}`, status);
  if (of === 'transaction') return textOr(`why.entry.${status}`, status);
  return status === 'CANCELLED' ? t('pay.cancelled') : '';
}

const named = (words: string, ...more: (string | null)[]) => [words, ...more].filter(Boolean).join(' · ');

/** A line of a chain or of a sum, in words. */
export function lineOf({ kind, status, name, person }: Link): string {
  const of = status ?? '';
  switch (kind) {
    case 'transaction':
      return named(textOr(`why.entry.${of}`, of), name, person);
    case 'session':
      return named(textOr(`why.session.${of}`, of), name);
    case 'invoice':
      return of === 'payment' ? t('why.paid_at_once') : named(textOr(`invoice.type.${of}`, of), name, person);
    case 'payment':
      return of === 'CANCELLED'
        ? named(t('pay.cancelled'), name)
        : named(textOr(`pay.method.${of}`, of), name && t('pay.taken_by', { name }));
    case 'refund':
      return named(t('pay.refund'), name);
    case 'visit':
      return named(name ?? '', textOr(`visit.${of}`, of));
    case 'booking':
      return named(name ?? '', textOr(`booking.${of}`, of));
    case 'run':
      return t('why.run', { name: textOr(`run.name.${name}`, name ?? '') });
    case 'person':
      return t('why.by_hand', { name: name === 'system' || name === null ? t('why.system') : name });
    case 'message':
      return t('why.message', { name: person ?? '', status: textOr(`message.${of}`, of) });
  }
}
