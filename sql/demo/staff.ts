import { daysAfter } from './days.ts';
import type { DemoPerson } from './people.ts';
import { TRAINERS } from './timetable.ts';

/** The admin, then the trainers in the order of the timetable's list. */
export function planStaff(today: string): DemoPerson[] {
  const employed = { role: 'trainer', notes: null, birth: null, student: null, since: daysAfter(today, -400) } as const;
  const trainers = Object.values(TRAINERS).map(
    ([first, last, gender]): DemoPerson => ({ ...employed, first, last, gender, isChild: false, onTelegram: true }),
  );
  const admin: DemoPerson = {
    ...employed,
    first: 'Ольга',
    last: 'Северина',
    gender: 'female',
    role: 'admin',
    isChild: false,
    onTelegram: true,
  };
  return [admin, ...trainers];
}
