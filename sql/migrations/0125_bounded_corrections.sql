-- Corrections of trainers' pay look for what sheets have of a training, and for what they have of some months.
create index pay_lines_of_sources on pay_lines (source_id);
create index pay_lines_by_day on pay_lines (day);
