import { day, moment } from '../../../kit/formats.ts';
import { t, textOr } from '../../../kit/i18n.ts';
import type { About } from '../why/words.ts';
import type { TimelineEntry } from './use-card.ts';

/** What can be asked "why?" of a line; null where there is nothing behind it. */
export function aboutOf({ kind, id }: Pick<TimelineEntry, 'kind' | 'id'>): About | null {
  if (kind === 'message' || kind === 'note') return null;
  return { of: kind === 'subscription' ? 'sessions' : kind, id };
}

/** The head of a line. */
export function titleOf({ kind, what, text }: TimelineEntry): string {
  switch (kind) {
    case 'payment':
      return t('card.line.payment', { how: textOr(`pay.method.${what}`, what ?? '') });
    case 'refund':
      return t('card.line.refund', { how: textOr(`pay.method.${what}`, what ?? '') });
    case 'invoice':
      return [textOr(`invoice.type.${text}`, text ?? ''), what].filter(Boolean).join(': ');
    case 'subscription':
      return t('card.line.subscription', { name: what ?? '' });
    case 'message':
      return text ?? t('card.line.secret');
    case 'note':
      return text ?? '';
    default:
      return what ?? '';
  }
}

/** When it was, who did it or whom it is about, and what was said. */
export function detailsOf({ kind, at, who, person, text }: TimelineEntry): string {
  const [from, to] = kind === 'subscription' ? (text ?? '').split(' ') : [];
  const said = ['visit', 'booking', 'payment', 'refund'].includes(kind) ? text : null;
  const by = kind === 'message' ? who && textOr(`message.by.${who}`, who) : who === 'system' ? t('why.system') : who;
  return [moment(at), from && to ? `${day(from)} – ${day(to)}` : '', by, person, said].filter(Boolean).join(' · ');
}

/** Its status in words; empty where there is none to tell. */
export function stateOf({ kind, status }: TimelineEntry): string {
  if (status === null) return '';
  if (kind === 'visit') return textOr(`visit.${status}`, status);
  if (kind === 'booking') return textOr(`booking.${status}`, status);
  if (kind === 'invoice') return textOr(`invoice.status.${status}`, status);
  if (kind === 'subscription') return textOr(`held.${status}`, status);
  if (kind === 'message') return textOr(`message.${status}`, status);
  return t('pay.cancelled');
}
