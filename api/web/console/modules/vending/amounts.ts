import { locale, t } from '../../../kit/i18n.ts';

export type Unit = 'g' | 'ml' | 'pcs';
export const UNITS: readonly Unit[] = ['g', 'ml', 'pcs'];
const NAMES = { g: 'gram', ml: 'milliliter' } as const;

/** Thousandths of a unit as people write them: `1,250 g`, `40 pcs`. */
export function amount(milli: number, unit: Unit): string {
  const options = { maximumFractionDigits: 3 };
  if (unit === 'pcs') return t('vending.pieces', { amount: new Intl.NumberFormat(locale.value, options).format(milli / 1_000) });
  return new Intl.NumberFormat(locale.value, { ...options, style: 'unit', unit: NAMES[unit], unitDisplay: 'short' }).format(
    milli / 1_000,
  );
}

/** What somebody typed, as thousandths; null where it is no amount from `least` thousandths on. */
export function milliOf(typed: string | number, least = 1): number | null {
  const text = String(typed).trim().replace(',', '.');
  if (!/^\d{1,9}(\.\d{1,3})?$/.test(text)) return null;
  const milli = Math.round(Number(text) * 1_000);
  return milli >= least ? milli : null;
}

/** Of an amount in thousandths, what a field shows. */
export const typedOf = (milli: number): string => String(milli / 1_000);
