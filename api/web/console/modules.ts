import type { RouteRecordRaw } from 'vue-router';
import { accountRoutes } from './modules/account/routes.ts';
import { beltRoutes } from './modules/belts/routes.ts';
import { boardRoutes } from './modules/board/routes.ts';
import { catalogueRoutes } from './modules/catalogue/routes.ts';
import { dayRoutes } from './modules/day/routes.ts';
import { groupRoutes } from './modules/groups/routes.ts';
import { importRoutes } from './modules/imports/routes.ts';
import { moneyRoutes } from './modules/money/routes.ts';
import { payRoutes } from './modules/pay/routes.ts';
import { peopleRoutes } from './modules/people/routes.ts';
import { reportRoutes } from './modules/reports/routes.ts';
import { runRoutes } from './modules/runs/routes.ts';
import { weekRoutes } from './modules/schedule/routes.ts';
import { settingsRoutes } from './modules/settings/routes.ts';
import { signInRoutes } from './modules/sign-in/routes.ts';
import { startRoutes } from './modules/start/routes.ts';
import { taskRoutes } from './modules/tasks/routes.ts';
import { teamRoutes } from './modules/team/routes.ts';
import { trainersRoutes } from './modules/trainers/routes.ts';
import { vendingRoutes } from './modules/vending/routes.ts';

/** Every page. A noun is a folder in `modules/` and a line here; the menu, the palette and the guards follow from its routes' `meta`. */
export const pageRoutes: RouteRecordRaw[] = [
  ...signInRoutes,
  ...boardRoutes,
  ...dayRoutes,
  ...taskRoutes,
  ...moneyRoutes,
  ...trainersRoutes,
  ...payRoutes,
  ...groupRoutes,
  ...beltRoutes,
  ...reportRoutes,
  ...runRoutes,
  ...weekRoutes,
  ...catalogueRoutes,
  ...importRoutes,
  ...vendingRoutes,
  ...teamRoutes,
  ...startRoutes,
  ...settingsRoutes,
  ...peopleRoutes,
  ...accountRoutes,
];
