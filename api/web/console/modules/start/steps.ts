import { type Field, type Kind, kinds, type StudioRecord } from '../catalogue/kinds.ts';
import { templateKind } from '../schedule/template-kind.ts';

const person: Field[] = [
  { name: 'first_name', label: 'start.first_name', as: 'text' },
  { name: 'last_name', label: 'start.last_name', as: 'text' },
  { name: 'phone', label: 'start.phone', hint: 'start.phone_hint', as: 'text', isOptional: true },
];
const named = ({ first_name, last_name }: StudioRecord) => `${first_name} ${last_name}`.trim();
const people = (path: string, more: Field[] = []): Kind => ({
  path,
  fields: [...person, ...more],
  titleOf: named,
  aboutOf: ({ phone }) => String(phone ?? ''),
  ends: 'archive',
});

/** What a studio needs for its first week, in order. */
export const steps = [
  { name: 'locations', kind: kinds.locations },
  { name: 'rooms', kind: kinds.rooms },
  {
    name: 'trainers',
    kind: people('/api/specialists', [
      { name: 'location_id', label: 'catalogue.location', as: 'record', of: 'locations', isOptional: true },
    ]),
  },
  { name: 'types', kind: kinds.types },
  { name: 'templates', kind: templateKind },
  { name: 'students', kind: people('/api/students') },
] as const satisfies { name: string; kind: Kind }[];
export type Step = (typeof steps)[number];
