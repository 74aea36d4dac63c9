import { expect, test } from '@jest/globals';
import { createPlaces } from '../../api/live/places.ts';

const refusal = (act: () => unknown) => {
  try {
    act();
    return null;
  } catch (error) {
    const { status, message } = error as { status: number; message: string };
    return [status, message];
  }
};
const person = (id: number) => ({ id: `person:${id}`, personId: id });

test('one address has 500 sockets, whoever opens them, and a place again when one is closed; other addresses have theirs', () => {
  const places = createPlaces();
  const leave = Array.from({ length: 500 }, (_, n) => places.enter(person(n % 50), '192.0.2.1'));
  const full = [429, '500 sockets of your address are open already'];
  expect(refusal(() => places.enter(person(51), '192.0.2.1'))).toEqual(full);
  expect(refusal(() => places.enter(person(51), '192.0.2.2')())).toBeNull();
  // Told twice that it is closed, it is one place.
  leave[0]?.();
  leave[0]?.();
  expect(refusal(() => places.enter(person(51), '192.0.2.1'))).toBeNull();
  expect(refusal(() => places.enter(person(52), '192.0.2.1'))).toEqual(full);
});

test('a person has 20, a key 200, and a process 1,000', () => {
  const places = createPlaces();
  const open = (times: number, caller: { id: string; personId?: number }, network: string) => {
    for (let n = 0; n < times; n += 1) places.enter(caller, network);
  };
  open(20, person(1), '192.0.2.1');
  expect(refusal(() => open(1, person(1), '192.0.2.9'))).toEqual([429, '20 sockets of yours are open already']);
  open(200, { id: 'key-1' }, '192.0.2.2');
  expect(refusal(() => open(1, { id: 'key-1' }, '192.0.2.9'))).toEqual([429, '200 sockets of this key are open already']);
  for (let n = 0; n < 39; n += 1) open(20, person(100 + n), `198.51.100.${n}`);
  expect(refusal(() => open(1, person(200), '192.0.2.9'))).toEqual([503, 'too many sockets are open here']);
});
