type Rgb = readonly [number, number, number];

const rgbOf = (hex: string | undefined): Rgb | null => {
  const [, r, g, b] = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(hex ?? '') ?? [];
  return r && g && b ? [parseInt(r, 16), parseInt(g, 16), parseInt(b, 16)] : null;
};
const hexOf = (rgb: Rgb) => `#${rgb.map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')}`;

function luminance(rgb: Rgb): number {
  const [r, g, b] = rgb.map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4)) as [
    number,
    number,
    number,
  ];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** The contrast of two colours, 1 to 21 (WCAG 2.2). */
export function contrast(one: string, other: string): number {
  const [a, b] = [rgbOf(one), rgbOf(other)].map((rgb) => (rgb ? luminance(rgb) : 0)) as [number, number];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

const ENOUGH = 4.6;
const STEPS = 20;

/** A colour as near to the given one as can be read on all these grounds: people choose themes that cannot. */
export function legible(colour: string, grounds: readonly string[]): string {
  const from = rgbOf(colour);
  if (!from) return colour;
  const ends: readonly Rgb[] = [
    [0, 0, 0],
    [255, 255, 255],
  ];
  const worst = (hex: string) => Math.min(...grounds.map((ground) => contrast(hex, ground)));
  const to = worst(hexOf(ends[0] as Rgb)) > worst(hexOf(ends[1] as Rgb)) ? (ends[0] as Rgb) : (ends[1] as Rgb);
  for (let step = 0; step <= STEPS; step += 1) {
    const mixed = hexOf(from.map((part, place) => part + (((to[place] ?? 0) - part) * step) / STEPS) as unknown as Rgb);
    if (worst(mixed) >= ENOUGH) return mixed;
  }
  return hexOf(to);
}

/** Our colours, from those of Telegram; those it does not say stay as the style sheet has them. */
export function coloursOf(theme: Readonly<Record<string, string>>): Record<string, string> {
  const page = theme.secondary_bg_color ?? theme.bg_color;
  const card = theme.section_bg_color ?? theme.bg_color;
  if (!page || !card || !rgbOf(page) || !rgbOf(card)) return {};
  const grounds = [page, card];
  const isDark = contrast(card, '#000000') < contrast(card, '#ffffff');
  const colours: Record<string, string | undefined> = {
    '--page': page,
    '--card': card,
    '--text': theme.text_color && legible(theme.text_color, grounds),
    '--quiet': legible(theme.subtitle_text_color ?? theme.hint_color ?? '#808080', grounds),
    '--accent': legible(theme.accent_text_color ?? theme.link_color ?? theme.button_color ?? '#2678b6', grounds),
    '--wrong': legible(theme.destructive_text_color ?? '#c0281f', grounds),
    '--fill': theme.button_color && legible(theme.button_color, [theme.button_text_color ?? '#ffffff']),
    '--on-fill': theme.button_text_color ?? '#ffffff',
    '--line': theme.section_separator_color ?? (isDark ? '#ffffff26' : '#00000020'),
    'color-scheme': isDark ? 'dark' : 'light',
  };
  return Object.fromEntries(Object.entries(colours).filter((entry): entry is [string, string] => Boolean(entry[1])));
}
