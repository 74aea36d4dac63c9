import { createVuetify } from 'vuetify';
import { aliases, mdi } from 'vuetify/iconsets/mdi-svg';
import { en, ru, uk } from 'vuetify/locale';
import { studio } from '../../kit/studio.ts';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];
const KEPT = 'console.theme';

/** The theme this browser chose, else what its owner prefers everywhere. */
export const preferredTheme = (): Theme => THEMES.find((theme) => theme === localStorage.getItem(KEPT)) ?? 'system';
export const keepTheme = (theme: Theme) => localStorage.setItem(KEPT, theme);

/** One accent and neutral surfaces; the colours of status are for status alone. Each is readable (4.5:1) on every surface of its theme. */
const light = {
  dark: false,
  colors: {
    background: '#f6f6f4',
    surface: '#ffffff',
    primary: '#2a52c9',
    secondary: '#4a4d55',
    success: '#12703d',
    warning: '#8a4b00',
    error: '#b3261e',
    info: '#2a52c9',
  },
  variables: { 'medium-emphasis-opacity': 0.72, 'border-opacity': 0.14 },
};
const dark = {
  dark: true,
  colors: {
    background: '#121316',
    surface: '#1b1d21',
    primary: '#9db8ff',
    secondary: '#c3c6ce',
    success: '#7bd6a0',
    warning: '#f3bd6c',
    error: '#ffb4ab',
    info: '#9db8ff',
  },
  variables: { 'medium-emphasis-opacity': 0.76, 'border-opacity': 0.18 },
};

const field = { variant: 'outlined', density: 'comfortable', color: 'primary', hideDetails: 'auto' };

export const vuetify = createVuetify({
  theme: { defaultTheme: preferredTheme(), cspNonce: studio.nonce, themes: { light, dark } },
  icons: { defaultSet: 'mdi', aliases, sets: { mdi } },
  locale: { locale: studio.locale, fallback: 'en', messages: { ru, uk, en } },
  defaults: {
    VBtn: { variant: 'flat', rounded: 'lg', minHeight: 44 },
    VCard: { variant: 'flat', rounded: 'lg', border: true },
    VTextField: field,
    VSelect: field,
    VTextarea: field,
    VAutocomplete: field,
    VTooltip: { openDelay: 400 },
    VChip: { variant: 'tonal', rounded: 'lg' },
  },
});
