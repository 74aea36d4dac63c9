import type { absenceRoutes } from '../routes/absences.ts';
import type { alertRoutes } from '../routes/alerts.ts';
import type { attendanceRoutes } from '../routes/attendance.ts';
import type { beltRoutes } from '../routes/belts.ts';
import type { boardRoutes } from '../routes/board.ts';
import type { bookingRulesRoutes } from '../routes/booking-rules.ts';
import type { bookingRoutes } from '../routes/bookings.ts';
import type { calendarYearRoutes } from '../routes/calendar-years.ts';
import type { cancellationRoutes } from '../routes/cancellations.ts';
import type { clientDiscountRoutes } from '../routes/client-discounts.ts';
import type { clientStudentRoutes } from '../routes/client-student.ts';
import type { dataRequestRoutes } from '../routes/data-requests.ts';
import type { dealRoutes } from '../routes/deals.ts';
import type { demoRoutes } from '../routes/demo.ts';
import type { examRoutes } from '../routes/exams.ts';
import type { forgotRoutes } from '../routes/forgot.ts';
import type { groupRoutes } from '../routes/groups.ts';
import type { guardianRoutes } from '../routes/guardians.ts';
import type { historyRoutes } from '../routes/history.ts';
import type { importRoutes } from '../routes/imports.ts';
import type { invitationRoutes } from '../routes/invitations.ts';
import type { leakRoutes } from '../routes/leaks.ts';
import type { liveRoutes } from '../routes/live.ts';
import type { meRoutes } from '../routes/me.ts';
import type { mergeRoutes } from '../routes/merge.ts';
import type { messageRoutes } from '../routes/messages.ts';
import type { messagesToManyRoutes } from '../routes/messages-to-many.ts';
import type { moneyRoutes } from '../routes/money.ts';
import type { notificationRoutes } from '../routes/notifications.ts';
import type { ownDataRoutes } from '../routes/own-data.ts';
import type { packageCancellationRoutes } from '../routes/package-cancellation.ts';
import type { packageRoutes } from '../routes/packages.ts';
import type { payRoutes } from '../routes/pay.ts';
import type { paymentRoutes } from '../routes/payments.ts';
import type { peopleListRoutes } from '../routes/people-list.ts';
import type { personCardRoutes } from '../routes/person-card.ts';
import type { refundRoutes } from '../routes/refunds.ts';
import type { rosterRoutes } from '../routes/roster.ts';
import type { scheduleRoutes } from '../routes/schedule.ts';
import type { searchRoutes } from '../routes/search.ts';
import type { secondFactorRoutes } from '../routes/second-factor.ts';
import type { seriesRoutes } from '../routes/series.ts';
import type { signInRoutes } from '../routes/sign-in.ts';
import type { siteRoutes } from '../routes/site.ts';
import type { slotRoutes } from '../routes/slots.ts';
import type { specialistClientRoutes } from '../routes/specialist-clients.ts';
import type { subscriptionChangeRoutes } from '../routes/subscription-changes.ts';
import type { subscriptionScheduleRoutes } from '../routes/subscription-schedule.ts';
import type { subscriptionServiceRoutes } from '../routes/subscription-services.ts';
import type { subscriptionRoutes } from '../routes/subscriptions.ts';
import type { taskRoutes } from '../routes/tasks.ts';
import type { teamRoutes } from '../routes/team.ts';
import type { telegramLinkRoutes } from '../routes/telegram-links.ts';
import type { telegramSignInRoutes } from '../routes/telegram-sign-in.ts';
import type { togetherRoutes } from '../routes/together.ts';
import type { tonightRoutes } from '../routes/tonight.ts';
import type { trainingRoutes } from '../routes/trainings.ts';
import type { trialRoutes } from '../routes/trials.ts';
import type { undoRoutes } from '../routes/undo.ts';
import type { vendingRoutes } from '../routes/vending.ts';
import type { vendingStockRoutes } from '../routes/vending-stock.ts';
import type { visitTermsRoutes } from '../routes/visit-terms.ts';
import type { visitRoutes } from '../routes/visits.ts';
import type { waitlistRoutes } from '../routes/waitlist.ts';

/** Routes that the pages ask. A page that needs another noun adds its list here, and drops the `: Route[]` from the list itself. */
type Asked = (
  | typeof alertRoutes
  | typeof attendanceRoutes
  | typeof beltRoutes
  | typeof boardRoutes
  | typeof bookingRoutes
  | typeof bookingRulesRoutes
  | typeof liveRoutes
  | typeof togetherRoutes
  | typeof visitRoutes
  | typeof calendarYearRoutes
  | typeof cancellationRoutes
  | typeof clientStudentRoutes
  | typeof dealRoutes
  | typeof demoRoutes
  | typeof examRoutes
  | typeof forgotRoutes
  | typeof historyRoutes
  | typeof importRoutes
  | typeof mergeRoutes
  | typeof invitationRoutes
  | typeof meRoutes
  | typeof messageRoutes
  | typeof messagesToManyRoutes
  | typeof rosterRoutes
  | typeof scheduleRoutes
  | typeof searchRoutes
  | typeof secondFactorRoutes
  | typeof seriesRoutes
  | typeof signInRoutes
  | typeof taskRoutes
  | typeof teamRoutes
  | typeof tonightRoutes
  | typeof trainingRoutes
  | typeof trialRoutes
  | typeof vendingRoutes
  | typeof vendingStockRoutes
  | typeof absenceRoutes
  | typeof groupRoutes
  | typeof guardianRoutes
  | typeof moneyRoutes
  | typeof paymentRoutes
  | typeof payRoutes
  | typeof peopleListRoutes
  | typeof personCardRoutes
  | typeof refundRoutes
  | typeof subscriptionRoutes
  | typeof subscriptionChangeRoutes
  | typeof subscriptionServiceRoutes
  | typeof telegramLinkRoutes
  | typeof undoRoutes
  | typeof waitlistRoutes
  | typeof siteRoutes
  | typeof slotRoutes
  | typeof telegramSignInRoutes
  | typeof visitTermsRoutes
  | typeof specialistClientRoutes
  | typeof clientDiscountRoutes
  | typeof notificationRoutes
  | typeof ownDataRoutes
  | typeof dataRequestRoutes
  | typeof leakRoutes
  | typeof packageRoutes
  | typeof packageCancellationRoutes
  | typeof subscriptionScheduleRoutes
)[number];

type TypesOf<R> = R extends { readonly types?: infer T } ? NonNullable<T> : never;
type AllTypes = TypesOf<Asked>;

/** Every operation that the pages ask, by its name (`GET /me`): what it is given and what it answers. Types alone. */
export type Operations = { [T in AllTypes as T['operation']]: Omit<T, 'operation'> };
