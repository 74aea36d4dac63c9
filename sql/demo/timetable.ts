export const LOCATIONS = [
  ['Студия на Лесной', 'ул. Лесная, 12'],
  ['Додзё на Речной', 'наб. Речная, 3, корп. 2'],
] as const;

/** Name and location (its place in {@link LOCATIONS}). */
export const ROOMS = {
  hall: ['Большой зал', 0],
  reformers: ['Зал пилатеса', 0],
  tatami: ['Татами', 1],
  ring: ['Ринг', 1],
} as const;

/** First name, surname, gender, position, location (its place in {@link LOCATIONS}). */
export const TRAINERS = {
  vera: ['Вера', 'Ланская', 'female', 'Преподаватель йоги', 0],
  nina: ['Нина', 'Горская', 'female', 'Тренер по пилатесу', 0],
  elena: ['Елена', 'Рогова', 'female', 'Тренер групповых программ', 0],
  ruslan: ['Руслан', 'Ахметов', 'male', 'Тренер по BJJ, чёрный пояс', 1],
  dmitry: ['Дмитрий', 'Кравцов', 'male', 'Тренер по боксу', 1],
  anton: ['Антон', 'Белецкий', 'male', 'Персональный тренер', 1],
} as const;

/** Name, places, price in whole units of the currency, minutes, and whether only a subscription opens the route. */
export const TYPES = {
  yoga: ['Йога', 16, 700, 60, false],
  pilates: ['Пилатес на реформерах', 10, 1_200, 55, true],
  stretching: ['Стретчинг', 16, 600, 60, false],
  functional: ['Функциональный тренинг', 18, 650, 50, false],
  boxing: ['Бокс', 14, 750, 60, false],
  bjj: ['BJJ, взрослые', 20, 900, 90, false],
  kidsBjj: ['BJJ, дети 6-12 лет', 16, 600, 60, false],
  gymnastics: ['Детская гимнастика', 14, 500, 45, false],
  personal: ['Персональная тренировка', 1, 2_500, 60, false],
} as const;
export type Type = keyof typeof TYPES;

type Slot = [day: number, start: string, type: Type, trainer: keyof typeof TRAINERS, room: keyof typeof ROOMS, waiting?: number];

/** The week, 1 = Monday. `waiting`: how many more are linked to the group than it has places. */
export const TIMETABLE: Slot[] = [
  [1, '08:00', 'yoga', 'vera', 'hall'],
  [1, '10:00', 'pilates', 'nina', 'reformers'],
  [1, '17:00', 'kidsBjj', 'ruslan', 'tatami'],
  [1, '18:30', 'bjj', 'ruslan', 'tatami'],
  [1, '19:00', 'yoga', 'vera', 'hall', 3],
  [1, '19:30', 'boxing', 'dmitry', 'ring'],
  [2, '17:00', 'gymnastics', 'elena', 'hall'],
  [2, '18:00', 'stretching', 'nina', 'hall'],
  [2, '19:00', 'functional', 'anton', 'ring'],
  [2, '19:15', 'pilates', 'nina', 'reformers'],
  [3, '17:00', 'kidsBjj', 'ruslan', 'tatami'],
  [3, '18:30', 'bjj', 'ruslan', 'tatami'],
  [3, '19:00', 'stretching', 'vera', 'hall'],
  [3, '19:30', 'boxing', 'dmitry', 'ring'],
  [4, '17:00', 'kidsBjj', 'anton', 'tatami'],
  [4, '18:00', 'gymnastics', 'elena', 'hall'],
  [4, '19:00', 'functional', 'anton', 'ring', 1],
  [4, '19:00', 'yoga', 'vera', 'hall'],
  // The planted conflict (D8): Vera already gives yoga until eight, so the first night ends `partial`.
  [4, '19:30', 'stretching', 'vera', 'reformers'],
  [5, '09:00', 'personal', 'anton', 'ring'],
  [5, '18:30', 'bjj', 'ruslan', 'tatami'],
  [5, '19:00', 'functional', 'elena', 'hall'],
  [6, '10:00', 'kidsBjj', 'ruslan', 'tatami', 2],
  [6, '11:00', 'yoga', 'vera', 'hall'],
  [6, '12:00', 'boxing', 'dmitry', 'ring'],
  [7, '10:00', 'pilates', 'nina', 'reformers'],
  [7, '12:00', 'stretching', 'vera', 'hall'],
];
export const CONFLICTS_PLANTED = 1;
