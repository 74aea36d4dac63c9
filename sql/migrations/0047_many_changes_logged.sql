-- A function's statements are planned for the first rows that a connection brings, and the plan stays. Of one row the pairs before and
-- after are found by a nested loop; when a night marks thousands afterwards, every row was compared with every other (8,000 marks: 65 s
-- instead of 0.8 s).
alter function log_changed() set enable_nestloop to off;
alter function log_changed_places() set enable_nestloop to off;
