import fc from 'fast-check';

/** The studio of a sequence: all numbers of people and trainings are indexes, those of days count from the first. */
export const STUDENTS = 5;
export const DAYS = 4;
const TRAININGS = 6;
const student = fc.nat(STUDENTS - 1);
/** Mostly the first two, so that families meet in one wallet. */
const payer = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(0, 1) }, { weight: 1, arbitrary: student });
const training = fc.nat(TRAININGS - 1);

/** Who pays for whom, what is held, which trainings there are and who is registered. */
export const world = fc.record({
  payers: fc.array(payer, { minLength: STUDENTS, maxLength: STUDENTS }),
  trainings: fc.array(
    fc.record({
      day: fc.integer({ min: 0, max: DAYS - 1 }),
      hour: fc.integer({ min: 0, max: 23 }),
      price: fc.constantFrom(0, 500, 500, 700, 700, 2_000),
      places: fc.integer({ min: 1, max: 4 }),
    }),
    { minLength: 2, maxLength: TRAININGS },
  ),
  seats: fc.array(fc.tuple(training, student), { minLength: 6, maxLength: 18 }),
  held: fc.array(
    fc.record({
      student,
      from: fc.integer({ min: -3, max: DAYS }),
      length: fc.integer({ min: 0, max: 6 }),
      left: fc.constantFrom(null, 0, 1, 2, 3),
      frozen: fc.option(fc.tuple(fc.nat(DAYS), fc.nat(2)), { freq: 4 }),
    }),
    { maxLength: 3 },
  ),
});
export type World = typeof world extends fc.Arbitrary<infer W> ? W : never;

const one = <const D extends string, R extends object>(
  weight: number,
  name: D,
  rest: { [K in keyof R]: fc.Arbitrary<R[K]> },
) => ({
  weight,
  arbitrary: fc.record(rest).map((given) => ({ do: name, ...given }) as { do: D } & R),
});

/** Something that happens to the studio. `ahead` is how many seconds before the start it is asked for. */
export const step = fc.oneof(
  one(4, 'night', { day: fc.constantFrom(-1, 0, 1, 2, DAYS, DAYS) }),
  one(1, 'attend', { day: fc.integer({ min: -1, max: DAYS }) }),
  one(4, 'pay', { payer, amount: fc.constantFrom(300, 500, 1_200, 5_000) }),
  one(2, 'takeBack', { payment: fc.nat(3) }),
  one(3, 'waive', { invoice: fc.nat(3) }),
  one(2, 'payer', { student, payer }),
  one(5, 'cancel', {
    training,
    student,
    // On either side of twelve hours and of the start itself.
    ahead: fc.constantFrom(-1, 0, 1, 12 * 3_600 - 1, 12 * 3_600, 12 * 3_600 + 1),
  }),
  one(2, 'callOff', { training, ahead: fc.constantFrom(0, 1, 3_600) }),
  one(3, 'add', { training, student, ahead: fc.constantFrom(0, 3_600) }),
  one(1, 'price', { training, price: fc.constantFrom(0, 900) }),
);
export type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;
