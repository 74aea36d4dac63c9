import { mdiWeatherNight } from '@mdi/js';
import type { RouteRecordRaw } from 'vue-router';

const roles = ['owner', 'admin'] as const;

export const runRoutes: RouteRecordRaw[] = [
  {
    path: '/night',
    name: 'runs',
    component: () => import('./NightPage.vue'),
    meta: { title: 'runs.title', roles, menu: { icon: mdiWeatherNight, place: 40 } },
  },
  { path: '/night/:id(\\d+)', name: 'run', component: () => import('./RunPage.vue'), meta: { title: 'run.title', roles } },
];
