import { type ComputedRef, computed, onScopeDispose, shallowRef, watch } from 'vue';
import { on, post } from './bridge.ts';

/** Where one is: a screen by its name, and what it shows. */
export type Screen = { name: string; props?: Readonly<Record<string, string | number>> };

const stack = shallowRef<readonly Screen[]>([]);
export const screen: ComputedRef<Screen | undefined> = computed(() => stack.value.at(-1));

/** Begins anew with a screen, from which there is no way back. */
export const begin = (...screens: readonly Screen[]) => {
  stack.value = screens;
};
/** Goes on to a screen; Telegram's back button leads here again. */
export const go = (name: string, props?: Screen['props']) => {
  stack.value = [...stack.value, { name, ...(props ? { props } : {}) }];
};
export const back = () => {
  if (stack.value.length > 1) stack.value = stack.value.slice(0, -1);
};

/** Keeps Telegram's back button with the screens. */
export function followBackButton() {
  on('back_button_pressed', back);
  watch(stack, ({ length }) => post('web_app_setup_back_button', { is_visible: length > 1 }), { immediate: true });
}

export type MainAction = { text: string; press(): unknown; isOff?: boolean; isBusy?: boolean };

/** Telegram's main button is the one action of a screen; null: it has none. Goes with the screen. */
export function useMainButton(action: () => MainAction | null) {
  const current = computed(action);
  const show = (shown: MainAction | null) =>
    post('web_app_setup_main_button', {
      is_visible: shown !== null,
      is_active: shown !== null && !shown.isOff && !shown.isBusy,
      is_progress_visible: shown?.isBusy ?? false,
      text: shown?.text ?? '',
      ...coloursNow(),
    });
  watch(current, show, { immediate: true });
  const stop = on('main_button_pressed', () => {
    const { value } = current;
    if (value && !value.isOff && !value.isBusy) value.press();
  });
  onScopeDispose(() => {
    stop();
    post('web_app_setup_main_button', { is_visible: false });
  });
}

function coloursNow() {
  const style = getComputedStyle(document.documentElement);
  const [color, text_color] = ['--fill', '--on-fill'].map((name) => style.getPropertyValue(name).trim());
  return /^#[0-9a-f]{6}$/i.test(color ?? '') ? { color, text_color } : {};
}
