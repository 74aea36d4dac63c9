import { day, moment, time } from '../../../kit/formats.ts';
import { t } from '../../../kit/i18n.ts';
import { studio } from '../../../kit/studio.ts';
import { dayOf } from '../../../kit/zone.ts';

const MIDNIGHT = '00:00';

/** When somebody is away: whole days as days, anything else from one moment to another. */
export function awayWords(fromAt: string, toAt: string): string {
  if (time(fromAt) !== MIDNIGHT || time(toAt) !== MIDNIGHT) return `${moment(fromAt)} – ${moment(toAt)}`;
  const [first, last] = [dayOf(Date.parse(fromAt), studio.zone), dayOf(Date.parse(toAt) - 1, studio.zone)];
  return first === last ? `${day(first)}, ${t('board.all_day')}` : `${day(first)} – ${day(last)}`;
}
