const SIGNS: readonly (readonly (readonly [RegExp, string])[])[] = [
  [
    [/Edg\//, 'Edge'],
    [/YaBrowser\//, 'Yandex'],
    [/OPR\//, 'Opera'],
    [/Firefox\//, 'Firefox'],
    [/Chrome\//, 'Chrome'],
    [/Safari\//, 'Safari'],
  ],
  [
    [/iPhone/, 'iPhone'],
    [/iPad/, 'iPad'],
    [/Android/, 'Android'],
    [/Windows/, 'Windows'],
    [/Mac OS X/, 'Mac'],
    [/Linux/, 'Linux'],
  ],
];

/** What a person recognises of a `User-Agent`: `Chrome, Windows`; an empty text where nothing is. */
export const agentName = (agent: string): string =>
  SIGNS.flatMap((known) => known.find(([sign]) => sign.test(agent))?.[1] ?? []).join(', ');
