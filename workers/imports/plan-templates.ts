import type { z } from 'zod';
import type { knownTemplate, knownTimetable } from '../../sql/imports/world.ts';
import type { Columns, TemplateColumn } from './headers.ts';
import type { Table } from './limits.ts';
import { isConflict, isError, type Note, type PlannedRow } from './notes.ts';
import { isSameName, nameKey, readTime, readWeekday, tidy } from './values.ts';

export type TemplateRow = { row: number; day: string; time: string; type: string; trainer: string; room: string; group: string };
export type Timetable = Awaited<ReturnType<typeof knownTimetable>>;
type Weekly = Omit<z.output<typeof knownTemplate>, 'id'>;
export type TemplatesPlan = { rows: PlannedRow[]; templates: Omit<Weekly, 'minutes'>[] };

/** Reads the rows beneath the headers; empty ones are none. */
export const readTemplates = ({ table, columns }: { table: Table; columns: Columns<TemplateColumn> }): TemplateRow[] =>
  table.rows.slice(columns.head + 1).flatMap((row, n) => {
    const at = (column: TemplateColumn) => tidy(row[columns.at[column] ?? -1] ?? '').slice(0, 100);
    if (row.every((cell) => tidy(cell) === '')) return [];
    const [day, time, type] = [at('day'), at('time'), at('type')];
    return [{ row: columns.head + 2 + n, day, time, type, trainer: at('trainer'), room: at('room'), group: at('group') }];
  });

/** What is to become of a week's trainings: those that are there are the same, those whose trainer or room is busy are conflicts. */
export function planTemplates(given: readonly TemplateRow[], known: Timetable): TemplatesPlan {
  const week: Weekly[] = [...known.templates];
  const templates: TemplatesPlan['templates'] = [];
  const rows = given.map((row): PlannedRow => {
    const notes: Note[] = [];
    const name = [row.day, row.time, row.type].join(' ').trim();
    const wanted = understand(row, known, notes);
    const done = (outcome: PlannedRow['outcome']) => ({ row: row.row, outcome, name, person_id: null, notes });
    if (!wanted || notes.some(isError)) return done('error');
    if (week.some((other) => isSame(other, wanted))) return done('same');
    const busy = week.filter((other) => overlap(other, wanted));
    if (busy.some(({ trainer_id }) => trainer_id === wanted.trainer_id))
      notes.push({ code: 'trainer_busy', params: { value: row.trainer } });
    if (wanted.room_id !== null && busy.some(({ room_id }) => room_id === wanted.room_id))
      notes.push({ code: 'room_busy', params: { value: row.room } });
    if (notes.some(isConflict)) return done('conflict');
    const { minutes: _, ...template } = wanted;
    week.push(wanted);
    templates.push(template);
    return done('new');
  });
  return { rows, templates };
}

function understand(row: TemplateRow, known: Timetable, notes: Note[]): Weekly | null {
  const wrong = (code: Note['code'], column: TemplateColumn) => {
    notes.push({ code, column, params: { value: row[column] } });
    return null;
  };
  const one = <T extends { id: number; name: string }>(
    all: readonly T[],
    column: TemplateColumn,
    missing: Note['code'],
    isIt: (of: T) => boolean,
  ) => {
    const found = all.filter(isIt);
    if (found.length === 1) return found[0]!;
    return wrong(found.length === 0 ? missing : 'ambiguous', column);
  };
  const plain = (words: string) => words.toLowerCase().replaceAll('ё', 'е');
  const called = (column: TemplateColumn) => (of: { name: string }) => plain(of.name) === plain(row[column]);
  const day_number = readWeekday(row.day) ?? wrong('weekday', 'day');
  const start_time = readTime(row.time) ?? wrong('time', 'time');
  const type = one(known.types, 'type', 'no_type', called('type'));
  const key = nameKey(row.trainer);
  const trainer = one(known.trainers, 'trainer', 'no_trainer', (of) => key !== '' && isTrainer(nameKey(of.name), key));
  const room = row.room === '' ? null : one(known.rooms, 'room', 'no_room', called('room'));
  const group = row.group === '' ? null : one(known.groups, 'group', 'no_group', called('group'));
  if (day_number === null || start_time === null || !type || !trainer) return null;
  const ids = { training_type_id: type.id, trainer_id: trainer.id, room_id: room?.id ?? null, group_id: group?.id ?? null };
  return { day_number, start_time, ...ids, minutes: type.minutes };
}

/** A trainer may be written with the surname alone, where only one has it. */
const isTrainer = (name: string, written: string) => isSameName(name, written) || name.split(' ').includes(written);

const isSame = (one: Weekly, other: Weekly) =>
  one.day_number === other.day_number &&
  one.start_time === other.start_time &&
  one.training_type_id === other.training_type_id &&
  one.trainer_id === other.trainer_id &&
  one.room_id === other.room_id;

const minutesOf = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));
const overlap = (one: Weekly, other: Weekly) =>
  one.day_number === other.day_number &&
  minutesOf(one.start_time) < minutesOf(other.start_time) + other.minutes &&
  minutesOf(other.start_time) < minutesOf(one.start_time) + one.minutes;
