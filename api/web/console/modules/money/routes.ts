import { mdiCashMultiple } from '@mdi/js';
import type { RouteRecordRaw } from 'vue-router';

export const moneyRoutes: RouteRecordRaw[] = [
  {
    path: '/money',
    name: 'money',
    component: () => import('./MoneyPage.vue'),
    meta: { title: 'money.title', roles: ['owner', 'admin'], menu: { icon: mdiCashMultiple, place: 45 } },
  },
];
