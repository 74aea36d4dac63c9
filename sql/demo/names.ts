import type { Random } from './random.ts';

export type Gender = 'female' | 'male';

const FIRST_NAMES: Record<Gender, string> = {
  female:
    'Анна Мария Елена Ольга Татьяна Наталья Ирина Светлана Екатерина Юлия Дарья Полина Алиса Вероника Ксения София ' +
    'Виктория Варвара Кира Марина Людмила Арина Ева Василиса Надежда Алёна Яна Милана Лидия Зоя',
  male:
    'Александр Дмитрий Максим Сергей Андрей Алексей Иван Михаил Никита Роман Павел Артём Егор Илья Кирилл Тимофей ' +
    'Владимир Олег Матвей Лев Марк Денис Степан Фёдор Григорий Глеб Тимур Юрий Савелий Пётр',
};

const SURNAMES = (
  'Иванов Смирнов Кузнецов Соколов Попов Лебедев Козлов Новиков Морозов Волков Соловьёв Васильев Зайцев Павлов ' +
  'Семёнов Голубев Виноградов Богданов Воробьёв Фёдоров Михайлов Беляев Тарасов Белов Комаров Орлов Киселёв Макаров ' +
  'Ильин Гусев Титов Кузьмин Калинин Никитин Пономарёв Рябинин Островский Вишневский Чайковский Донской Полевой ' +
  'Шевченко Бондаренко Ткаченко Черных Седых Ким Осипов Жуков Крылов Щербаков Яшин Мельников Сорокин Громов Ершов'
).split(' ');

const firstNames = { female: FIRST_NAMES.female.split(' '), male: FIRST_NAMES.male.split(' ') };

export const firstName = (random: Random, gender: Gender) => random.pick(firstNames[gender]);

/** A family's surname in its male form; see {@link surnameOf}. */
export const familyName = (random: Random) => random.pick(SURNAMES);

/** The surname as a person of that gender bears it: Орлов and Орлова, Донской and Донская, Шевченко and Шевченко. */
export function surnameOf(family: string, gender: Gender) {
  if (gender === 'male') return family;
  if (/(ский|ой)$/.test(family)) return family.replace(/(ий|ой)$/, 'ая');
  return /(ов|ев|ёв|ин)$/.test(family) ? `${family}а` : family;
}
