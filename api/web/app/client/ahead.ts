import { ask, askAny } from '../../kit/client.ts';
import { AskFailed } from '../../kit/problem.ts';
import { addDays } from '../../kit/zone.ts';
import { today } from '../shown.ts';

const DAYS_AHEAD = 60;

/** What is not there for somebody who is no student is left out. */
const orNull = (error: unknown) => {
  if (error instanceof AskFailed && error.status === 404) return null;
  throw error;
};

export type Visit = {
  key: string;
  at: string;
  what: string;
  who: string;
  state: 'waiting' | 'pending' | null;
  screen: string;
  id: number;
};

/** What is ahead for somebody, and what pays for it. The wallet is that of whoever asks. */
export async function readAhead(id: number, payer: number, signal: AbortSignal) {
  const params = { id: String(id) };
  const [from, to] = [today(), addDays(today(), DAYS_AHEAD)];
  const [bookings, visits, held, packages, catalogue, wallet] = await Promise.all([
    ask('GET /bookings', { query: { client_id: String(id), from, limit: '100' }, signal }),
    ask('GET /api/students/{id}/visits', { params, query: { from, to, limit: '100' }, signal }).catch(orNull),
    ask('GET /api/students/{id}/subscriptions', { params, query: { limit: '50' }, signal }).catch(orNull),
    ask('GET /api/clients/{id}/packages', { params, query: { limit: '100' }, signal }).catch(orNull),
    ask('GET /api/site/catalogue', { signal }),
    askAny('GET /api/people/{id}/wallet', { params: { id: payer }, query: { limit: '1' }, signal }) as Promise<{
      balance_minor: number;
    }>,
  ]);
  const now = Date.now();
  const ahead: Visit[] = [
    ...bookings.items
      .filter(({ status, ends_at }) => (status === 'CONFIRMED' || status === 'PENDING') && Date.parse(ends_at) > now)
      // A visitor's hold stands in the specialist's own name.
      .filter(({ client_id, specialist_id }) => client_id !== specialist_id)
      .map((one) => ({
        key: `b${one.id}`,
        at: one.starts_at,
        what: one.service,
        who: one.specialist,
        state: one.status === 'PENDING' ? ('pending' as const) : null,
        screen: 'booking',
        id: one.id,
      })),
    ...(visits?.items ?? [])
      .filter(({ status, ends_at }) => (status === 'REGISTERED' || status === 'WAITLIST') && Date.parse(ends_at) > now)
      .map((one) => ({
        key: `p${one.id}`,
        at: one.starts_at,
        what: one.training_type,
        who: one.trainer,
        state: one.status === 'WAITLIST' ? ('waiting' as const) : null,
        screen: 'place',
        id: one.real_training_id,
      })),
  ];
  return {
    ahead: ahead.toSorted((one, other) => one.at.localeCompare(other.at)),
    held: (held?.items ?? []).filter(({ status }) => status === 'active' || status === 'frozen'),
    packages: (packages?.items ?? [])
      .filter(({ status, end_date }) => status === 'active' && end_date >= from)
      .map((one) => ({
        ...one,
        units: one.units.map((unit) => ({
          ...unit,
          service: catalogue.services.find(({ id: service }) => service === unit.service_id)?.name ?? one.name,
        })),
      })),
    balance: wallet.balance_minor,
  };
}
