import { mdiCogOutline } from '@mdi/js';
import type { RouteRecordRaw } from 'vue-router';

export const settingsRoutes: RouteRecordRaw[] = [
  {
    path: '/settings',
    name: 'settings',
    component: () => import('./SettingsPage.vue'),
    meta: { title: 'settings.title', roles: ['owner', 'admin'], menu: { icon: mdiCogOutline, place: 96 } },
  },
];
