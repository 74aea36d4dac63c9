import { z } from 'zod';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { listedKinds, listedRow, listPeople } from '../../sql/people/list.ts';
import { demandScope, mayDo } from '../../workers/rights.ts';
import { idCursor, page, pageOf, pageQuery, readCursor } from '../http/paging.ts';
import { route } from '../http/route.ts';
import { textField } from '../http/text.ts';
import { oneOf } from './fields.ts';
import { readSearch } from './search.ts';

/** Whoever came last so many days ago, or longer, is away. */
const AWAY_DAYS = 30;

export const peopleListRoutes = [
  route({
    method: 'get',
    path: '/api/people',
    summary:
      'Clients by name: what they hold and owe, when they came last and come next; a trainer’s own without contacts and money',
    tag: 'people',
    scope: 'records:read',
    query: z.strictObject({
      which: oneOf(listedKinds)
        .default('all')
        .meta({
          description: `former: not active any more; away: came last ${AWAY_DAYS} days ago or longer; new: since this month; debtors: what is past due`,
        }),
      q: textField(100, 2)
        .optional()
        .meta({ description: 'names in any spelling, or the last digits of a phone', examples: ['Иванова'] }),
      ...pageQuery,
    }),
    responses: { 200: pageOf(listedRow.meta({ id: 'ListedPerson' })) },
    async handle({ query }, { db, whose, caller, now, fleet: { settings } }) {
      const hasMoney = mayDo(caller, 'money:read');
      if (query.which === 'debtors') demandScope(caller, 'money:read', 'it says who owes');
      const today = dayOf(now, settings.zone);
      const { words, digits: typed } = query.q === undefined ? { words: [], digits: null } : readSearch(query.q);
      // Whoever sees no phones must not find out by their digits either (R32).
      const digits = whose.everything ? typed : null;
      // What is neither a name nor such a number is nobody's.
      if (query.q !== undefined && words.length === 0 && digits === null) return { body: { items: [], next_cursor: null } };
      const rows = await listPeople(db, {
        which: query.which,
        words,
        digits,
        ...{ whose, hasMoney, today, now: now.toISOString(), zone: settings.zone },
        month: `${today.slice(0, 8)}01`,
        away: addDays(today, -AWAY_DAYS),
        after: readCursor(query.cursor, z.tuple([z.string().max(300), idCursor])),
        limit: query.limit + 1,
      });
      return { body: page(rows, query.limit, (row) => [row.name, row.id]) };
    },
  }),
] as const;
