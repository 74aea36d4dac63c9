-- Whoever restock tasks are assigned to is asked for with each session.
create index vending_tasks_assigned on vending_tasks (assignee_id) where assignee_id is not null and hidden_at is null;
