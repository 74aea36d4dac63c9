import { t } from '../../../kit/i18n.ts';
import type { Kind } from '../catalogue/kinds.ts';

/** The days of a week as templates count them: 1 is Monday. */
export const WEEKDAYS = [1, 2, 3, 4, 5, 6, 7] as const;
type Weekday = (typeof WEEKDAYS)[number];
export const weekday = (day: unknown) => t(`schedule.day.${day as Weekday}`);
/** `18:00` of a wall time that may have seconds. */
export const wallClock = (time: unknown) => String(time).slice(0, 5);

/** A weekly training: what a form asks of it. */
export const templateKind: Kind = {
  path: '/api/training-templates',
  fields: [
    {
      name: 'day_number',
      label: 'schedule.weekday',
      as: 'choice',
      choices: [
        { value: 1, title: 'schedule.day.1' },
        { value: 2, title: 'schedule.day.2' },
        { value: 3, title: 'schedule.day.3' },
        { value: 4, title: 'schedule.day.4' },
        { value: 5, title: 'schedule.day.5' },
        { value: 6, title: 'schedule.day.6' },
        { value: 7, title: 'schedule.day.7' },
      ],
    },
    { name: 'start_time', label: 'board.start', as: 'time' },
    { name: 'training_type_id', label: 'board.type', as: 'record', of: 'types' },
    { name: 'trainer_id', label: 'board.trainer', as: 'record', of: 'trainers' },
    { name: 'room_id', label: 'board.room', as: 'record', of: 'rooms', isOptional: true },
    { name: 'group_id', label: 'groups.one', hint: 'schedule.group_hint', as: 'record', of: 'groups', isOptional: true },
  ],
  titleOf: ({ day_number, start_time }) => `${weekday(day_number)}, ${wallClock(start_time)}`,
  aboutOf: (one, nameOf) =>
    [nameOf('trainers', one.trainer_id), nameOf('rooms', one.room_id), nameOf('groups', one.group_id)]
      .filter(Boolean)
      .join(' · '),
  ends: 'archive',
  initial: { day_number: 1, start_time: '18:00' },
};
