import { createApp, watch } from 'vue';
import App from './App.vue';
import './app.css';
import { launch, open } from './bridge.ts';
import { me, signIn } from './session.ts';
import { coloursOf } from './theme.ts';
import { followBackButton } from './ways.ts';
import { languageAmong, speak } from './words.ts';

const { style } = document.documentElement;
open(
  (theme) => {
    for (const [name, value] of Object.entries(coloursOf(theme))) style.setProperty(name, value);
  },
  (sides, content) => {
    for (const [side, pixels] of Object.entries(sides))
      if (typeof pixels === 'number')
        style.setProperty(`--tg-${content ? 'content-' : ''}safe-area-inset-${side}`, `${pixels}px`);
  },
);
const coming = signIn();
await speak(languageAmong(launch.language, ...navigator.languages));
followBackButton();
createApp(App).mount('#app');
watch(me, (found) => found?.user.locale && void speak(languageAmong(found.user.locale)), { immediate: true });
await coming;
