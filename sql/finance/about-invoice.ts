import { sql } from '../database/database.ts';

/** Joins an invoice, called `bill`, with what it is for: a place in a training, a subscription, a booking, or a package. */
export const aboutInvoice = sql.fragment`
    left join real_training_students seat on seat.id = bill.real_training_student_id
    left join real_trainings training on training.id = seat.real_training_id
    left join training_types type on type.id = training.training_type_id
    left join student_subscriptions held on held.id = bill.student_subscription_id
    left join subscriptions kind on kind.id = held.subscription_id
    left join bookings booking on booking.id = bill.booking_id
    left join services service on service.id = booking.service_id
    left join client_packages bought on bought.id = bill.client_package_id
    left join service_packages bundle on bundle.id = bought.service_package_id`;

/** What that is called; null for what has no name. */
export const invoiceName = sql.fragment`coalesce(type.name, kind.name, service.name, bundle.name)`;

/** When the training or booking that it is for begins; null for what has no start. */
export const invoiceStart = sql.fragment`coalesce(training.starts_at, booking.starts_at)`;

/** Whom it is for, who need not be who pays. */
export const invoicePerson = sql.fragment`coalesce(bill.student_id, booking.client_id, bought.client_id)`;
