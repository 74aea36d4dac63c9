import { mdiCalendarWeekOutline } from '@mdi/js';
import type { RouteRecordRaw } from 'vue-router';

export const weekRoutes: RouteRecordRaw[] = [
  {
    path: '/schedule',
    name: 'weekly',
    component: () => import('./SchedulePage.vue'),
    meta: { title: 'schedule.title', roles: ['owner', 'admin'], menu: { icon: mdiCalendarWeekOutline, place: 65 } },
  },
];
