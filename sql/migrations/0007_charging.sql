-- A registration is paid by a session or by an invoice: an index of those that are saves a null's entry for every charge.
alter table real_training_students
  drop constraint session_pays_one_registration,
  drop constraint invoice_pays_one_registration;
create unique index session_pays_one_registration on real_training_students (session_entry_id) where session_entry_id is not null;
create unique index invoice_pays_one_registration on real_training_students (invoice_id) where invoice_id is not null;
