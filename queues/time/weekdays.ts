import { addDays, type Day } from './calendar.ts';

const isWeekday = (day: Day) => ![0, 6].includes(new Date(Date.parse(day)).getUTCDay());

/** The day so many weekdays (Monday to Friday) after a day, which itself does not count. */
export function addWeekdays(day: Day, count: number): Day {
  let last = day;
  for (let left = count; left > 0; ) {
    last = addDays(last, 1);
    if (isWeekday(last)) left -= 1;
  }
  return last;
}
