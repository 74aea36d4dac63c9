import type { SpecialistStarts } from './free-slots.ts';
import type { DayStarts } from './starts-of.ts';

const written = new WeakMap<readonly DayStarts[], string>();

/** The answer of `GET /slots` as JSON. Days that many ask for are written once: sixty of them are 40 kB. */
export function slotsAsJson(head: object, specialists: readonly SpecialistStarts[], anybody?: readonly DayStarts[]): string {
  const people = specialists.map(({ days, ...of }) => `${JSON.stringify(of).slice(0, -1)},"days":${daysAsJson(days)}}`);
  const anyone = anybody ? `,"any":${JSON.stringify(anybody)}` : '';
  return `${JSON.stringify(head).slice(0, -1)},"specialists":[${people}]${anyone}}`;
}

function daysAsJson(days: readonly DayStarts[]): string {
  const text = written.get(days) ?? JSON.stringify(days);
  written.set(days, text);
  return text;
}
