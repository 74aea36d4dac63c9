import { mdiCalendarCheckOutline } from '@mdi/js';
import type { RouteRecordRaw } from 'vue-router';

export const dayRoutes: RouteRecordRaw[] = [
  {
    path: '/day',
    name: 'day',
    component: () => import('./DayPage.vue'),
    meta: { title: 'day.title', roles: ['owner', 'admin', 'trainer'], menu: { icon: mdiCalendarCheckOutline, place: 20 } },
  },
];
