import type { Route } from '../http/route.ts';
import { absenceRoutes } from './absences.ts';
import { alertRoutes } from './alerts.ts';
import { attendanceRoutes } from './attendance.ts';
import { backupRoutes } from './backups.ts';
import { beltRoutes } from './belts.ts';
import { boardRoutes } from './board.ts';
import { bookingRulesRoutes } from './booking-rules.ts';
import { bookingRoutes } from './bookings.ts';
import { calendarLinkRoutes } from './calendar-link.ts';
import { overridePreviewRoutes } from './calendar-overrides.ts';
import { calendarYearRoutes } from './calendar-years.ts';
import { cancellationRoutes } from './cancellations.ts';
import { changeRoutes } from './changes.ts';
import { clientDiscountRoutes } from './client-discounts.ts';
import { clientStudentRoutes } from './client-student.ts';
import { commandRightsRoutes } from './command-rights.ts';
import { companyRoutes } from './company.ts';
import { dataRequestRoutes } from './data-requests.ts';
import { dealRoutes } from './deals.ts';
import { demoRoutes } from './demo.ts';
import { examRoutes } from './exams.ts';
import { exportRoutes } from './exports.ts';
import { forgotRoutes } from './forgot.ts';
import { groupRoutes } from './groups.ts';
import { guardianRoutes } from './guardians.ts';
import { historyRoutes } from './history.ts';
import { importRoutes } from './imports.ts';
import { invitationRoutes } from './invitations.ts';
import { leakRoutes } from './leaks.ts';
import { liveRoutes } from './live.ts';
import { meRoutes } from './me.ts';
import { mergeRoutes } from './merge.ts';
import { messageRoutes } from './messages.ts';
import { messagesToManyRoutes } from './messages-to-many.ts';
import { moneyRoutes } from './money.ts';
import { notificationRoutes } from './notifications.ts';
import { offerRoutes } from './offers.ts';
import { ownDataRoutes } from './own-data.ts';
import { packageCancellationRoutes } from './package-cancellation.ts';
import { packageRoutes } from './packages.ts';
import { payRoutes } from './pay.ts';
import { paymentOrderRoutes } from './payment-orders.ts';
import { paymentRoutes } from './payments.ts';
import { peopleListRoutes } from './people-list.ts';
import { periodRoutes } from './periods.ts';
import { personCardRoutes } from './person-card.ts';
import { pushRoutes } from './push.ts';
import { receiptRoutes } from './receipts.ts';
import { recordRoutes } from './records.ts';
import { refundRoutes } from './refunds.ts';
import { registrationRoutes } from './register.ts';
import { loadAheadRoute, reportRoutes } from './reports.ts';
import { rosterRoutes } from './roster.ts';
import { scheduleRoutes } from './schedule.ts';
import { searchRoutes } from './search.ts';
import { secondFactorRoutes } from './second-factor.ts';
import { seriesRoutes } from './series.ts';
import { signInRoutes } from './sign-in.ts';
import { siteRoutes } from './site.ts';
import { slotRoutes } from './slots.ts';
import { specialistClientRoutes } from './specialist-clients.ts';
import { studioPaths } from './studio-paths.ts';
import { subscriptionChangeRoutes } from './subscription-changes.ts';
import { subscriptionScheduleRoutes } from './subscription-schedule.ts';
import { subscriptionServiceRoutes } from './subscription-services.ts';
import { subscriptionRoutes } from './subscriptions.ts';
import { taskRoutes } from './tasks.ts';
import { teamRoutes } from './team.ts';
import { telegramLinkRoutes } from './telegram-links.ts';
import { telegramSignInRoutes } from './telegram-sign-in.ts';
import { togetherRoutes } from './together.ts';
import { tonightRoutes } from './tonight.ts';
import { trainingRoutes } from './trainings.ts';
import { trialRoutes } from './trials.ts';
import { triggerRoutes } from './triggers.ts';
import { undoRoutes } from './undo.ts';
import { vendingRoutes } from './vending.ts';
import { vendingStockRoutes } from './vending-stock.ts';
import { visitTermsRoutes } from './visit-terms.ts';
import { visitRoutes } from './visits.ts';
import { waitlistRoutes } from './waitlist.ts';
import { walletRoutes } from './wallets.ts';

/**
 * Every route. A new resource is a file here and a line in this list. Express looks through them in order, so the
 * one that is asked most often stands first.
 */
export const routes: readonly Route[] = [
  ...slotRoutes,
  ...triggerRoutes,
  ...historyRoutes,
  ...tonightRoutes,
  ...scheduleRoutes,
  ...backupRoutes,
  ...alertRoutes,
  // Before what would take "ready" for an id.
  ...beltRoutes,
  // Before what would take "preview" for an id.
  ...overridePreviewRoutes,
  ...recordRoutes,
  ...examRoutes,
  // Before what would take "series" or "hand-over" for an id.
  ...seriesRoutes,
  ...boardRoutes,
  ...rosterRoutes,
  ...groupRoutes,
  ...guardianRoutes,
  ...mergeRoutes,
  ...trainingRoutes,
  ...undoRoutes,
  ...moneyRoutes,
  ...refundRoutes,
  ...receiptRoutes,
  ...payRoutes,
  loadAheadRoute,
  ...reportRoutes,
  ...importRoutes,
  ...exportRoutes,
  ...walletRoutes,
  ...attendanceRoutes,
  ...cancellationRoutes,
  ...waitlistRoutes,
  ...trialRoutes,
  ...subscriptionRoutes,
  ...subscriptionChangeRoutes,
  ...subscriptionScheduleRoutes,
  ...subscriptionServiceRoutes,
  ...taskRoutes,
  ...vendingRoutes,
  ...vendingStockRoutes,
  ...telegramLinkRoutes,
  ...commandRightsRoutes,
  ...messageRoutes,
  ...messagesToManyRoutes,
  ...notificationRoutes,
  ...visitRoutes,
  ...togetherRoutes,
  ...bookingRulesRoutes,
  ...bookingRoutes,
  ...visitTermsRoutes,
  ...dealRoutes,
  ...offerRoutes,
  ...absenceRoutes,
  ...calendarYearRoutes,
  ...packageRoutes,
  ...packageCancellationRoutes,
  ...clientDiscountRoutes,
  ...clientStudentRoutes,
  ...companyRoutes,
  ...siteRoutes,
  ...changeRoutes,
  ...searchRoutes,
  ...periodRoutes,
  ...studioPaths,
  ...paymentRoutes,
  ...paymentOrderRoutes,
  ...peopleListRoutes,
  ...personCardRoutes,
  ...ownDataRoutes,
  ...dataRequestRoutes,
  ...leakRoutes,
  ...specialistClientRoutes,
  ...signInRoutes,
  ...demoRoutes,
  ...meRoutes,
  ...calendarLinkRoutes,
  ...pushRoutes,
  ...secondFactorRoutes,
  ...telegramSignInRoutes,
  ...forgotRoutes,
  ...registrationRoutes,
  ...liveRoutes,
  ...invitationRoutes,
  ...teamRoutes,
];
