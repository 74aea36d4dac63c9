import { studio } from './studio.ts';

/** How many digits of the studio's currency are minor units. */
const digits = () =>
  new Intl.NumberFormat('en', { style: 'currency', currency: studio.currency }).resolvedOptions().maximumFractionDigits ?? 2;

/** Minor units of an amount as somebody types it: `1000`, `1 000,50`, `1000.5`. Null where it is none, or not more than nothing. */
export function amountFrom(typed: string, fraction = digits()): number | null {
  const plain = typed.replaceAll(/\s/g, '').replace(',', '.');
  if (!new RegExp(fraction > 0 ? `^\\d{1,10}(\\.\\d{1,${fraction}})?$` : String.raw`^\d{1,10}$`).test(plain)) return null;
  const minor = Math.round(Number(plain) * 10 ** fraction);
  return minor > 0 ? minor : null;
}

/** An amount of minor units as it is typed: `1000`, `1000.50`. */
export function typedAmount(minor: number, fraction = digits()): string {
  const whole = minor % 10 ** fraction === 0;
  return (minor / 10 ** fraction).toFixed(whole ? 0 : fraction);
}
