-- What a run took and invoiced is asked for by its page.
create index session_entries_of_runs on session_entries (run_id) where run_id is not null;
create index invoices_of_runs on invoices (run_id) where run_id is not null;
