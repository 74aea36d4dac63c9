import { z } from 'zod';
import { type Database, type Sql, sql } from '../database/database.ts';
import { insertCompany } from './company.ts';
import { noteDemoStudio } from './demo-links.ts';
import { planLinks } from './groups.ts';
import { planHoldings } from './holdings.ts';
import { insertHoldings, insertLinks, insertPeople, insertStudents, insertTimetable } from './insert.ts';
import { insertOffers } from './offers.ts';
import { insertPast } from './past.ts';
import { planHouseholds } from './people.ts';
import { seeded } from './random.ts';
import { planStaff } from './staff.ts';
import { CONFLICTS_PLANTED } from './timetable.ts';
import { insertVending } from './vending.ts';

const SEED = 20_261_123;

export type DemoSummary = {
  trainers: number;
  templates: number;
  students: number;
  /** Households where one person pays for somebody else. */
  families: number;
  /** Subscriptions held, of every status. */
  subscriptions: number;
  /** Vending machines, of the admin. */
  vending_terminals: number;
  conflicts_planted: number;
};

/** True when there are no users at all. */
export const isEmptyStudio = (db: Sql) =>
  db.oneFirst(sql.type(z.object({ empty: z.boolean() }))`select not exists (select from users) as empty`);

/**
 * Fills an empty, migrated database with a believable studio, in one transaction. The same day gives the same rows.
 * The first generation after it ends `partial`: one conflict (D8), some groups full (D6), a student or two busy (D7).
 * @param options.today the business day to build around, `YYYY-MM-DD`; the week meant is the one of the Monday after it
 * @param options.currency what its prices are in, the same numbers of whatever it is
 * @param options.past the zone of the studio and the present, where its last eight weeks are wanted too
 * @throws when the studio has users already; nothing is written then
 */
export const loadDemo = (
  db: Database,
  { today, currency = 'RUB', past }: { today: string; currency?: string; past?: { zone: string; now: Date } },
): Promise<DemoSummary> =>
  db.transaction(async (transaction) => {
    // Nobody else may fill the studio between the look and the deed; reading goes on.
    await transaction.query(sql.unsafe`lock table users in share row exclusive mode`);
    if (!(await isEmptyStudio(transaction))) {
      throw new Error('the demo studio needs an empty database, and this one already has users: nothing was changed');
    }
    const random = seeded(SEED);
    const staff = planStaff(today);
    const households = planHouseholds(random, today);
    const clients = households.flat();
    const students = clients.filter((person) => person.student);
    const holdings = planHoldings(random, today, students);
    const away = new Set(students.filter((person) => holdings.get(person)?.status === 'frozen'));
    const links = planLinks(random, today, students, away);

    const people = [...staff, ...clients];
    const ids = await insertPeople(transaction, people);
    const idOf = new Map(people.map((person, n) => [person, ids[n]!]));
    const payers = households.flatMap((household) => household.map(() => idOf.get(household[0]!)!));
    await insertStudents(transaction, clients, ids.slice(staff.length), payers);
    const templates = await insertTimetable(transaction, ids.slice(1, staff.length), currency);
    await insertCompany(transaction);
    await insertOffers(transaction, currency);
    await insertLinks(transaction, links, idOf, templates);
    const told = await insertHoldings(transaction, holdings, idOf, { currency, whole: past !== undefined });
    if (past) await insertPast(transaction, { today, ...past, cashierId: ids[0]!, currency }, told);
    const vending_terminals = await insertVending(transaction, ids[0]!, today);
    await noteDemoStudio(transaction);
    return {
      trainers: staff.length - 1,
      templates: templates.length,
      students: students.length,
      families: households.filter((household) => household.length > 1).length,
      subscriptions: holdings.size,
      vending_terminals,
      conflicts_planted: CONFLICTS_PLANTED,
    };
  });
