import { z } from 'zod';
import type { Sql } from '../../sql/database/database.ts';
import { notifyPeople } from '../../sql/notifications/notify.ts';
import { inGroup, inTraining, recipientsOf } from '../../sql/notifications/recipients.ts';
import type { CallContext } from '../call-context.ts';
import { carriersOf } from '../notifier/channels/set-up.ts';
import { Refused } from '../refusal.ts';

const person = z.object({ id: z.int(), name: z.string() });
/** Who is written to, and whom nothing reaches: the studio calls them. */
export const written = z
  .object({
    dry_run: z.boolean(),
    count: z.int().meta({ description: 'people who are written to, those among them who are not reached included' }),
    people: z.array(person.extend({ channel: z.enum(['telegram', 'push', 'email', 'sms']).nullable() })),
    not_reached: z.array(person).meta({ description: 'without any channel: they stand on the list of whom to call' }),
  })
  .meta({ id: 'WrittenToMany' });

type Wish = {
  /** Those who have a place in a training, or the members of a group on a day. */
  to: { training: number } | { group: number; day: string };
  text: string;
  /** The same for the same wish: under it each gets the message once. */
  key: string;
};

/** Writes to a training's or a group's people in the studio's own words, each once (D43). Throws a `conflict` where there is nobody. */
export async function writeToMany(db: Sql, { to, text, key }: Wish, { fleet }: CallContext): Promise<z.output<typeof written>> {
  const { settings } = fleet;
  const students = 'training' in to ? inTraining(to.training) : inGroup(to.group, to.day);
  const readers = await recipientsOf(db, students, { order: carriersOf(settings), hasBot: settings.telegramToken !== undefined });
  if (readers.length === 0) throw new Refused('conflict', 'there is nobody to write to');
  await notifyPeople(
    db,
    readers.map(({ id, student_ids }) => ({
      userId: id,
      template: 'studio_wrote' as const,
      params: { text, is_marketing: false },
      dedupe: `studio_wrote:${key}:${id}`,
      about: student_ids,
    })),
  );
  return {
    dry_run: false,
    count: readers.length,
    people: readers.map(({ id, name, channel }) => ({ id, name, channel })),
    not_reached: readers.filter(({ channel }) => channel === null).map(({ id, name }) => ({ id, name })),
  };
}
