-- Versions are compared within one book only: those of a restored database begin lower than what the days of the former one say.
-- Null, as before there was this column, is of no book that is read.
alter table slots_preview add column book text;
comment on column slots_preview.book is 'the database the day was computed from; a day of another one is not there, and yields whatever its version';
