-- What a message was written for, as W3C's `traceparent`: its sending joins that trace. Null where nothing is traced.
alter table notifications add column trace text;
