import type { TextKey } from '../words.ts';

export type Kind = 'locations' | 'rooms' | 'services' | 'overrides' | 'schedules';
export type Row = Readonly<Record<string, unknown>> & { id: number };
type Shape = 'text' | 'minutes' | 'money' | 'flag' | 'day' | 'hours' | 'week' | 'location' | 'specialist';
export type Field = { name: string; title: TextKey; shape: Shape; isNeeded?: boolean };
type RecordKind = {
  path: string;
  title: TextKey;
  /** Only changed here: a new one begins elsewhere. */
  isOnlyChanged?: boolean;
  /** Cannot be changed, only taken back. */
  isDeletable?: boolean;
  fields: readonly Field[];
  query?: () => Readonly<Record<string, string>>;
};

const name = { name: 'name', title: 'field.name', shape: 'text', isNeeded: true } as const;
const active = { name: 'is_active', title: 'field.active', shape: 'flag' } as const;
const week = { name: 'work_schedule', title: 'field.week', shape: 'week' } as const;

/** What administrators manage, each by its own routes. */
export const RECORDS: Readonly<Record<Kind, RecordKind>> = {
  locations: {
    path: '/api/locations',
    title: 'records.locations',
    fields: [name, { name: 'address', title: 'field.address', shape: 'text' }, week, active],
  },
  rooms: {
    path: '/api/rooms',
    title: 'records.rooms',
    fields: [{ name: 'location_id', title: 'field.location', shape: 'location', isNeeded: true }, name, active],
  },
  services: {
    path: '/api/services',
    title: 'records.services',
    fields: [
      name,
      { name: 'duration_minutes', title: 'field.minutes', shape: 'minutes', isNeeded: true },
      { name: 'break_minutes', title: 'field.break', shape: 'minutes' },
      { name: 'price_minor', title: 'field.price', shape: 'money' },
      active,
    ],
  },
  overrides: {
    path: '/api/calendar-overrides',
    title: 'records.overrides',
    isDeletable: true,
    fields: [
      { name: 'specialist_id', title: 'field.specialist', shape: 'specialist' },
      { name: 'location_id', title: 'field.location', shape: 'location' },
      { name: 'day', title: 'field.day', shape: 'day', isNeeded: true },
      { name: 'intervals', title: 'field.hours', shape: 'hours' },
      { name: 'reason', title: 'field.reason', shape: 'text' },
    ],
  },
  schedules: { path: '/api/specialists', title: 'records.schedules', isOnlyChanged: true, fields: [week] },
};
