import { addDays, type Day, daysBetween, mondayOf } from '../../../kit/zone.ts';
import type { Grain, ReportKind } from './reports.ts';

export const PRESETS = ['this_month', 'last_month', 'days_90', 'year'] as const;
export type Preset = (typeof PRESETS)[number];
export type Span = { from: Day; to: Day; by: Grain };

const firstOf = (day: Day): Day => `${day.slice(0, 7)}-01`;
const monthBefore = (day: Day): Day => firstOf(addDays(firstOf(day), -1));

/** The days of a preset as they are today, put together so that a table stays short. */
export function presetOf(preset: Preset, today: Day): Span {
  if (preset === 'this_month') return { from: firstOf(today), to: today, by: 'day' };
  if (preset === 'last_month') return { from: monthBefore(today), to: addDays(firstOf(today), -1), by: 'day' };
  if (preset === 'days_90') return { from: addDays(today, -89), to: today, by: 'week' };
  let from = firstOf(today);
  for (let months = 0; months < 11; months += 1) from = monthBefore(from);
  return { from, to: today, by: 'month' };
}

/** With what a report begins: what grows over months is shown over months. */
export const usual = (kind: ReportKind, today: Day): Span =>
  presetOf(kind === 'retention' || kind === 'students' ? 'year' : 'this_month', today);

const LONGEST: Record<Grain, number> = { day: 400, week: 2_700, month: 3_650 };
/** Whether the API answers this: 400 periods and ten years are the most. */
export const isAnswered = ({ from, to, by }: Span) => from <= to && daysBetween(from, to) < LONGEST[by];

/** The last day of a period that begins on a day, at most the last one asked for. */
export function lastOf(first: Day, { by, to }: Pick<Span, 'by' | 'to'>): Day {
  const last =
    by === 'day' ? first : by === 'week' ? addDays(mondayOf(first), 6) : addDays(firstOf(addDays(firstOf(first), 31)), -1);
  return last < to ? last : to;
}
