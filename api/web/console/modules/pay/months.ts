import { today } from '../../../kit/formats.ts';
import { type Day, monthAfter } from '../../../kit/zone.ts';

/** Months as `2026-11`, as the address and the API have them. */
export const thisMonth = () => today().slice(0, 7);
export const firstOf = (month: string): Day => `${month}-01`;
export const monthsFrom = (month: string, months: number) => monthAfter(firstOf(month), months).slice(0, 7);
/** The month in an address; without one, this month. */
export const monthIn = (value: unknown) => (/^20\d\d-(0[1-9]|1[0-2])$/.test(String(value)) ? String(value) : thisMonth());
