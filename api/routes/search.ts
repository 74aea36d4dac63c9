import { z } from 'zod';
import { dayOf } from '../../queues/time/calendar.ts';
import { invoiceHit, personHit, searchInvoices, searchPeople, searchTrainings, trainingHit } from '../../sql/search/search.ts';
import { mayDo } from '../../workers/rights.ts';
import { route } from '../http/route.ts';
import { textField } from '../http/text.ts';

const MOST = 20;
const MOST_WORDS = 6;
/** Fewer digits end too many phones. */
const LEAST_DIGITS = 3;

/** What is looked for: words of letters, and digits, which end a phone or are an invoice's number. */
export function readSearch(q: string): { words: string[]; digits: string | null; number: number | null } {
  const digits = q.replaceAll(/[\s()+-]/g, '');
  const isNumber = /^#?\d{1,15}$/.test(digits);
  const number = isNumber ? Number(digits.replace('#', '')) : null;
  return {
    words: isNumber ? [] : (q.match(/\p{L}[\p{L}\p{M}'’ʼ]*/gu) ?? []).slice(0, MOST_WORDS),
    digits: isNumber && digits.length >= LEAST_DIGITS && !digits.startsWith('#') ? digits.replace(/^[78](?=\d{10}$)/, '') : null,
    number: number !== null && number <= 2_147_483_647 ? number : null,
  };
}

export const searchRoutes = [
  route({
    method: 'get',
    path: '/api/search',
    summary:
      'People, trainings to come and invoices: by names in Russian, Ukrainian or Latin spelling, the last digits of a phone, or a number',
    tag: 'search',
    scope: 'records:read',
    query: z.strictObject({ q: textField(100, 2).meta({ description: 'at least two characters', examples: ['Иванова'] }) }),
    responses: {
      200: z
        .object({ people: z.array(personHit), trainings: z.array(trainingHit), invoices: z.array(invoiceHit) })
        .meta({ id: 'SearchResult' }),
    },
    async handle({ query }, { db, whose, caller, now, fleet }) {
      const { words, digits, number } = readSearch(query.q);
      const from = dayOf(now, fleet.settings.zone);
      const [people, trainings, invoices] = await Promise.all([
        // Whoever sees no phones must not find out by their digits either (R32).
        searchPeople(db, { words, digits: whose.everything ? digits : null, whose, limit: MOST }),
        searchTrainings(db, { words, whose, from, limit: MOST }),
        mayDo(caller, 'money:read') ? searchInvoices(db, { words, id: number, limit: MOST }) : [],
      ]);
      return { body: { people, trainings, invoices } };
    },
  }),
] as const;
