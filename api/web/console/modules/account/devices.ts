const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/Edg\//, 'Edge'],
  [/YaBrowser\//, 'Yandex'],
  [/OPR\//, 'Opera'],
  [/Firefox\//, 'Firefox'],
  [/Chrome\//, 'Chrome'],
  [/Safari\//, 'Safari'],
];
const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/iPhone/, 'iPhone'],
  [/iPad/, 'iPad'],
  [/Android/, 'Android'],
  [/Windows/, 'Windows'],
  [/Mac OS X/, 'Mac'],
  [/Linux/, 'Linux'],
];

/** What a person recognises of a `User-Agent`: `Chrome, Windows`; an empty text where nothing is. */
export function deviceName(agent: string): string {
  const of = (known: typeof BROWSERS) => known.find(([sign]) => sign.test(agent))?.[1];
  return [of(BROWSERS), of(SYSTEMS)].filter(Boolean).join(', ');
}
