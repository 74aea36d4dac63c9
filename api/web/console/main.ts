import 'vuetify/styles';
import './console.css';
import { VueQueryPlugin } from '@tanstack/vue-query';
import { createApp } from 'vue';
import { learnTheRest, preferredLocale, speak } from '../kit/i18n.ts';
import { queryClient } from '../kit/queries.ts';
import { lookWhoItIs } from '../kit/session.ts';
import App from './App.vue';
import { router } from './router.ts';
import { vuetify } from './shell/vuetify.ts';

await Promise.all([speak(preferredLocale()), lookWhoItIs().catch(() => null)]);
createApp(App).use(vuetify).use(VueQueryPlugin, { queryClient }).use(router).mount('#app');
// The board is there without it; whatever it opens next is not.
void router.isReady().then(learnTheRest);
