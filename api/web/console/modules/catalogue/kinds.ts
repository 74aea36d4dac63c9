import { count, day, money } from '../../../kit/formats.ts';
import { type TextKey, t } from '../../../kit/i18n.ts';
import type { RecordLink } from './links.ts';

export type Part = { service_id: number | null; units: number };
export type Value = string | number | boolean | null | Part[];
export type StudioRecord = Record<string, unknown> & { id: number };

/** A field of a record as a form shows it. `record`: one of another kind; `parts`: services and how many of each. */
export type Field = {
  name: string;
  label: TextKey;
  hint?: TextKey;
  isOptional?: boolean;
} & (
  | { as: 'text' | 'long' | 'flag' | 'day' | 'time' | 'money' | 'parts' }
  | { as: 'number'; min: number; max: number }
  | { as: 'choice'; choices: readonly { value: string | number; title: TextKey }[] }
  | { as: 'record'; of: string }
);

/** A kind of records: where they lie, what a form asks, how a line of the list tells them apart. */
export type Kind = {
  path: string;
  fields: readonly Field[];
  titleOf(record: StudioRecord): string;
  aboutOf(record: StudioRecord, nameOf: (kind: string, id: unknown) => string): string;
  /** How one goes: `archive` keeps it for what it was used for; null: it stays. */
  ends: 'archive' | 'delete' | null;
  /** What its price history goes by. */
  priced?: string;
  /** What one goes with. */
  links?: readonly RecordLink[];
  /** Where the booking site shows one by its id. */
  site?: string;
  /** What a new one begins with. */
  initial?: Record<string, Value>;
};

const name = (): Field => ({ name: 'name', label: 'catalogue.name', as: 'text' });
const price = (): Field => ({ name: 'price_minor', label: 'catalogue.price', as: 'money' });
const minutes = (most: number): Field => ({
  name: 'duration_minutes',
  label: 'catalogue.minutes',
  as: 'number',
  min: 1,
  max: most,
});
const term = (): Field[] => [
  {
    name: 'validity_days',
    label: 'catalogue.days',
    hint: 'catalogue.term_hint',
    as: 'number',
    min: 1,
    max: 3_660,
    isOptional: true,
  },
  { name: 'validity_months', label: 'catalogue.months', as: 'number', min: 1, max: 120, isOptional: true },
];
const named = ({ name: title }: StudioRecord) => String(title);
const priceOf = ({ price_minor }: StudioRecord) => money(Number(price_minor));
const lengthOf = ({ duration_minutes }: StudioRecord) => t('catalogue.lasts', { count: Number(duration_minutes) });
const termOf = ({ validity_days, validity_months }: StudioRecord) => {
  if (validity_months) return t('catalogue.for_months', { count: Number(validity_months) });
  return validity_days ? t('catalogue.for_days', { count: Number(validity_days) }) : t('catalogue.for_ever');
};
const line = (...parts: string[]) => parts.filter(Boolean).join(' · ');

export const kinds = {
  types: {
    path: '/api/training-types',
    fields: [
      name(),
      { name: 'max_participants', label: 'catalogue.places', as: 'number', min: 0, max: 10_000 },
      minutes(1_440),
      price(),
      { name: 'is_subscription_only', label: 'catalogue.only_subscription', as: 'flag' },
      { name: 'program', label: 'catalogue.program', hint: 'catalogue.program_hint', as: 'text', isOptional: true },
    ],
    titleOf: named,
    aboutOf: (one) => line(lengthOf(one), t('catalogue.of_places', { count: Number(one.max_participants) }), priceOf(one)),
    ends: null,
    priced: 'training-type',
    initial: { duration_minutes: 60, max_participants: 12 },
  },
  services: {
    path: '/api/services',
    fields: [
      name(),
      minutes(720),
      { name: 'break_minutes', label: 'catalogue.break', as: 'number', min: 0, max: 720 },
      price(),
      { name: 'description', label: 'catalogue.description', as: 'long', isOptional: true },
    ],
    titleOf: named,
    aboutOf: (one) => line(lengthOf(one), priceOf(one)),
    ends: 'archive',
    priced: 'service',
    site: '/s/',
    links: [
      {
        name: 'specialists',
        of: 'trainers',
        as: 'each',
        field: 'specialist_id',
        label: 'catalogue.who_gives',
        hint: 'catalogue.who_gives_hint',
      },
      {
        name: 'rooms',
        of: 'rooms',
        as: 'each',
        field: 'room_id',
        label: 'catalogue.where_given',
        hint: 'catalogue.where_given_hint',
      },
    ],
    initial: { duration_minutes: 60, break_minutes: 0 },
  },
  plans: {
    path: '/api/subscriptions',
    fields: [
      name(),
      {
        name: 'number_of_sessions',
        label: 'catalogue.sessions',
        hint: 'catalogue.sessions_hint',
        as: 'number',
        min: 1,
        max: 10_000,
        isOptional: true,
      },
      price(),
      ...term(),
    ],
    titleOf: named,
    aboutOf: (one) =>
      line(
        one.number_of_sessions === null
          ? t('catalogue.unlimited')
          : t('catalogue.of_sessions', { count: Number(one.number_of_sessions) }),
        termOf(one),
        priceOf(one),
      ),
    ends: 'archive',
    priced: 'subscription',
    links: [{ name: 'services', of: 'services', as: 'whole', label: 'catalogue.covers', hint: 'catalogue.covers_hint' }],
    initial: { validity_days: 30 },
  },
  packages: {
    path: '/api/service-packages',
    fields: [name(), { name: 'composition', label: 'catalogue.composition', as: 'parts' }, price(), ...term()],
    titleOf: named,
    aboutOf: (one, nameOf) =>
      line(
        (one.composition as Part[])
          .map(({ service_id, units }) => `${nameOf('services', service_id)} × ${count(units)}`)
          .join(', '),
        termOf(one),
        priceOf(one),
      ),
    ends: 'archive',
    priced: 'service-package',
    initial: { composition: [{ service_id: null, units: 1 }], validity_days: 90 },
  },
  locations: {
    path: '/api/locations',
    fields: [
      name(),
      { name: 'address', label: 'catalogue.address', as: 'text', isOptional: true },
      { name: 'works_on_off_days', label: 'catalogue.works_on_off_days', as: 'flag' },
    ],
    titleOf: named,
    aboutOf: ({ address }) => String(address ?? ''),
    ends: 'archive',
  },
  rooms: {
    path: '/api/rooms',
    fields: [name(), { name: 'location_id', label: 'catalogue.location', as: 'record', of: 'locations' }],
    titleOf: named,
    aboutOf: ({ location_id }, nameOf) => nameOf('locations', location_id),
    ends: 'archive',
  },
  closed: {
    path: '/api/calendar-days',
    fields: [
      { name: 'date', label: 'board.date', as: 'day' },
      { name: 'name', label: 'catalogue.why_closed', as: 'text' },
      {
        name: 'kind',
        label: 'catalogue.day_kind',
        as: 'choice',
        choices: [
          { value: 'off', title: 'catalogue.day.off' },
          { value: 'short', title: 'catalogue.day.short' },
          { value: 'working', title: 'catalogue.day.working' },
        ],
      },
      {
        name: 'location_id',
        label: 'catalogue.location',
        hint: 'catalogue.everywhere_hint',
        as: 'record',
        of: 'locations',
        isOptional: true,
      },
    ],
    titleOf: ({ date, name: title }) => `${day(String(date))}: ${title}`,
    aboutOf: ({ kind, location_id }, nameOf) =>
      line(t(`catalogue.day.${kind as 'off'}`), location_id ? nameOf('locations', location_id) : t('catalogue.everywhere')),
    ends: 'delete',
    initial: { kind: 'off' },
  },
} as const satisfies Record<string, Kind>;
export type KindName = keyof typeof kinds;
export const kindNames = Object.keys(kinds) as KindName[];
