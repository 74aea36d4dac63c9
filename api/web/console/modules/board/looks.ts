import { mdiAccountOffOutline, mdiBeach, mdiCalendarBlankOutline, mdiCheck, mdiClockOutline, mdiClose } from '@mdi/js';
import { time } from '../../../kit/formats.ts';
import { t } from '../../../kit/i18n.ts';
import type { Entry, Place, State } from './entries.ts';
import { clock } from './entries.ts';

export const ICONS: Record<State, string> = {
  planned: mdiCalendarBlankOutline,
  done: mdiCheck,
  cancelled: mdiClose,
  pending: mdiClockOutline,
  missed: mdiAccountOffOutline,
  away: mdiBeach,
};
export const stateWord = (state: State) => t(`board.state.${state}`);

/** `3/12` of a training. */
export const seatsOfEntry = ({ training }: Entry) => (training ? `${training.registered}/${training.max_participants}` : '');

/** All of an entry in one line, for whoever cannot see where it stands. */
export const entryLine = (entry: Entry): string =>
  [
    `${time(entry.startsAt)}–${time(entry.endsAt)}`,
    entry.title,
    entry.trainer,
    entry.room ?? '',
    stateWord(entry.state),
    entry.training ? t('day.seats', { count: entry.training.registered, of: entry.training.max_participants }) : '',
  ]
    .filter(Boolean)
    .join(', ');

/** `14:15–15:15`, of a place. */
export const placeTimes = ({ from, minutes }: Place) => `${clock(from)}–${clock(from + minutes)}`;
