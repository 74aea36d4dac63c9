import type { AnswerTo } from '../../../kit/client.ts';
import { count, day, moment, money } from '../../../kit/formats.ts';
import { t, textOr } from '../../../kit/i18n.ts';

export type Explanation = AnswerTo<'GET /api/why'>;
export type About = { of: Explanation['of']; id: number; day?: string };
export type Link = Explanation['chain'][number];

/** `+3`, `-1`, `0`: a count as a ledger has it. */
export const signed = (value: number) => (value > 0 ? `+${count(value)}` : count(value));

/** An explanation of which all is said by the page already; of others the server is asked. */
export const isSaid = (asked: About | Explanation): asked is Explanation => 'rules' in asked;

const NOTHING = { name: null, person: null, starts_at: null, status: null, amount_minor: null, sessions: null, count: null };
/** An explanation that the page itself has, what it does not say empty. */
export const said = (known: Pick<Explanation, 'of' | 'rules'> & Partial<Explanation>): Explanation => ({
  id: 0,
  ...NOTHING,
  considered: [],
  chain: [],
  parts: [],
  more: 0,
  ...known,
});
/** A line of it. */
export const saidLine = (known: Pick<Link, 'kind' | 'id'> & Partial<Link>): Link => ({ at: '', ...NOTHING, why: null, ...known });

/** What stands behind an explanation: money, sessions, or a count; empty where it is none. */
export function figureOf(asked: Pick<Explanation, 'amount_minor' | 'sessions' | 'of' | 'count'>): string {
  const { amount_minor, sessions, of } = asked;
  if (asked.count !== null) return of === 'unit' ? signed(asked.count) : count(asked.count);
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
  if (of === 'unit') return textOr(`why.unit.${status}`, status);
  if (of === 'session') return textOr(`why.session.${status}`, status);
  if (of === 'transaction') return textOr(`why.entry.${status}`, status);
  return status === 'CANCELLED' ? t('pay.cancelled') : '';
}

const named = (words: string, ...more: (string | null)[]) => [words, ...more].filter(Boolean).join(' · ');

/** When begins what something is for: of one name there are several on a day. */
const startOf = ({ starts_at }: Pick<Link, 'starts_at'>) => starts_at && t('why.start', { when: moment(starts_at) });

/** What is asked about, by name: a till's is its day. */
export function headingOf({ of, name, person, starts_at }: Pick<Explanation, 'of' | 'name' | 'person' | 'starts_at'>): string {
  if (of === 'till') return named(name === null ? '' : day(name), person);
  if (of.startsWith('run')) return named(textOr(`run.name.${name}`, name ?? ''), person);
  return named(name ?? '', startOf({ starts_at }), person);
}

/** A line of a chain or of a sum, in words. */
export function lineOf({ kind, status, name, person, starts_at }: Link): string {
  const of = status ?? '';
  const start = startOf({ starts_at });
  switch (kind) {
    case 'transaction':
      return named(textOr(`why.entry.${of}`, of), name, start, person);
    case 'session':
      return named(textOr(`why.session.${of}`, of), name, start, person);
    case 'unit':
      return named(textOr(`why.unit.${of}`, of), name, start);
    case 'invoice':
      return named(of === 'payment' ? t('why.paid_at_once') : textOr(`invoice.type.${of}`, of), name, start, person);
    case 'payment':
      return of === 'CANCELLED'
        ? named(t('pay.cancelled'), name, person)
        : named(textOr(`pay.method.${of}`, of), name && t('pay.taken_by', { name }), person);
    case 'refund':
      return named(t('why.kind.refund'), name, person);
    case 'payout':
      return named(t('why.payout'), person);
    case 'visit':
      return named(name ?? '', person, textOr(`visit.${of}`, of));
    case 'booking':
      return named(name ?? '', textOr(`booking.${of}`, of));
    case 'run':
      return t('why.run', { name: textOr(`run.name.${name}`, name ?? '') });
    case 'person':
      if (of === 'asked') return name === 'system' ? t('why.by_timetable') : t('why.asked_by', { name: name ?? '' });
      return t('why.by_hand', { name: name === 'system' || name === null ? t('why.system') : name });
    case 'message':
      return t('why.message', { name: person ?? '', status: textOr(`message.${of}`, of) });
  }
}
