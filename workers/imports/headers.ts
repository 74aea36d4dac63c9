/** What a column of a list of students holds. */
export const studentColumns = {
  id: ['id', 'код', 'id ученика', 'id учня'],
  full_name: ['фио', 'ф.и.о.', 'ф.и.о', 'піб', 'п.і.б.', 'ученик', 'учень', 'клиент', 'клієнт', 'спортсмен'],
  name: ['name', 'full name', 'student', 'client', 'полное имя', 'имя и фамилия', "повне ім'я"],
  first_name: ['first name', 'given name', 'имя', "ім'я", 'имя и отчество'],
  last_name: ['last name', 'surname', 'family name', 'фамилия', 'прізвище'],
  phone: [
    'phone',
    'mobile',
    'phone number',
    'tel',
    'телефон',
    'тел',
    'тел.',
    'мобильный',
    'номер телефона',
    'мобільний',
    'номер телефону',
    'сотовый',
  ],
  email: ['email', 'e-mail', 'mail', 'почта', 'электронная почта', 'эл. почта', 'пошта', 'електронна пошта'],
  birth_date: [
    'birth date',
    'birthday',
    'date of birth',
    'dob',
    'born',
    'дата рождения',
    'день рождения',
    'д.р.',
    'др',
    'дата народження',
    'день народження',
  ],
  gender: ['gender', 'sex', 'пол', 'стать'],
  notes: [
    'notes',
    'note',
    'comment',
    'comments',
    'примечание',
    'примечания',
    'комментарий',
    'заметки',
    'примітка',
    'примітки',
    'коментар',
  ],
  health_note: ['health', 'health note', 'медицина', 'здоровье', 'противопоказания', "здоров'я", 'протипоказання'],
  belt: ['belt', 'current belt', 'пояс', 'цвет пояса', 'колір поясу'],
  registration_date: [
    'registration date',
    'registered',
    'joined',
    'since',
    'дата регистрации',
    'дата вступления',
    'занимается с',
    'дата реєстрації',
    'займається з',
  ],
  payer_id: ['payer id', 'payer', 'id плательщика', 'плательщик', 'id платника', 'платник'],
  group: ['group', 'groups', 'группа', 'группы', 'група', 'групи'],
  subscription: ['subscription', 'membership', 'plan', 'абонемент', 'тариф'],
  // As our own export writes it, and no other: elsewhere a number of a subscription is that of a card.
  subscription_id: ['subscription id'],
  sessions_left: [
    'sessions left',
    'left',
    'remaining',
    'visits left',
    'осталось',
    'осталось занятий',
    'остаток',
    'остаток занятий',
    'залишилось',
    'залишилось занять',
    'залишок',
  ],
  subscription_start: [
    'subscription start',
    'start',
    'start date',
    'valid from',
    'начало',
    'начало абонемента',
    'дата начала',
    'действует с',
    'початок',
    'початок абонемента',
    'діє з',
  ],
  subscription_end: [
    'subscription end',
    'end',
    'end date',
    'valid to',
    'valid until',
    'expires',
    'окончание',
    'конец',
    'дата окончания',
    'действует до',
    'окончание абонемента',
    'закінчення',
    'кінець',
    'діє до',
    'дійсний до',
  ],
} as const;
export type StudentColumn = keyof typeof studentColumns;

/** What a column of a week's timetable holds. */
export const templateColumns = {
  day: ['day', 'weekday', 'day of week', 'день', 'день недели', 'день тижня'],
  time: ['time', 'start', 'start time', 'время', 'начало', 'час', 'початок'],
  type: [
    'type',
    'training',
    'class',
    'training type',
    'тренировка',
    'занятие',
    'тип',
    'вид',
    'направление',
    'тренування',
    'заняття',
    'напрям',
  ],
  trainer: ['trainer', 'coach', 'teacher', 'instructor', 'тренер', 'преподаватель', 'инструктор', 'викладач', 'інструктор'],
  room: ['room', 'hall', 'зал', 'комната', 'помещение', 'кімната', 'приміщення'],
  group: ['group', 'группа', 'група'],
} as const;
export type TemplateColumn = keyof typeof templateColumns;

type Dictionary = Readonly<Record<string, readonly string[]>>;
export type Columns<C extends string> = {
  /** The row of the headers, from 0. */
  head: number;
  at: Partial<Record<C, number>>;
  /** Headers nobody knows, as they are written. */
  unknown: string[];
};

/** How a header is compared: `birth_date`, "Birth date:" and " BIRTH  DATE" are the same. */
const plain = (header: string) =>
  header
    .toLowerCase()
    .replaceAll(/[_\s\u00a0]+/g, ' ')
    .replaceAll(/[’`ʼ]/g, "'")
    .replaceAll('ё', 'е')
    .replace(/[:*]+$/, '')
    .trim();

/** So many rows may stand above the headers: a title, a date, an empty one. */
const MOST_ABOVE = 20;

/** Finds the row of headers: of the first ones that with the most headers known. Null where there is none. */
export function findColumns<D extends Dictionary>(rows: readonly string[][], dictionary: D): Columns<keyof D & string> | null {
  const known = new Map(
    Object.entries(dictionary).flatMap(([column, names]) => [column, ...names].map((name) => [plain(name), column] as const)),
  );
  const countOf = (row: readonly string[]) => new Set(row.map((cell) => known.get(plain(cell))).filter(Boolean)).size;
  const counts = rows.slice(0, MOST_ABOVE).map(countOf);
  const most = Math.max(0, ...counts);
  if (most === 0) return null;
  const head = counts.indexOf(most);
  const at: Partial<Record<string, number>> = {};
  const unknown: string[] = [];
  for (const [n, header] of rows[head]!.entries()) {
    const column = known.get(plain(header));
    if (column !== undefined && at[column] === undefined) at[column] = n;
    else if (header.trim() !== '') unknown.push(header.trim().slice(0, 100));
  }
  return { head, at: at as Partial<Record<keyof D & string, number>>, unknown };
}
