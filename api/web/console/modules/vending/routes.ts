import { mdiCoffeeMakerOutline } from '@mdi/js';
import type { RouteRecordRaw } from 'vue-router';

const roles = ['owner', 'admin', 'vending_owner'] as const;

export const vendingRoutes: RouteRecordRaw[] = [
  {
    path: '/vending',
    name: 'vending',
    component: () => import('./MachinesPage.vue'),
    meta: { title: 'vending.title', roles, menu: { icon: mdiCoffeeMakerOutline, place: 45 } },
  },
  {
    path: '/vending/machines/:id(\\d+)',
    name: 'vending-machine',
    component: () => import('./MachinePage.vue'),
    meta: { title: 'vending.machine', roles },
  },
  {
    path: '/vending/stock',
    name: 'vending-stock',
    component: () => import('./StockPage.vue'),
    meta: { title: 'vending.stock', roles },
  },
  {
    path: '/vending/tasks',
    name: 'vending-tasks',
    component: () => import('./RestockPage.vue'),
    meta: { title: 'vending.restock', roles },
  },
  {
    path: '/vending/sales',
    name: 'vending-sales',
    component: () => import('./SalesPage.vue'),
    meta: { title: 'vending.sales', roles },
  },
  {
    path: '/vending/reading',
    name: 'vending-reading',
    component: () => import('./ReadingPage.vue'),
    meta: { title: 'vending.reading', roles },
  },
  {
    path: '/vending/connect',
    name: 'vending-connect',
    component: () => import('./ConnectPage.vue'),
    meta: { title: 'vending.connect', roles },
  },
];
