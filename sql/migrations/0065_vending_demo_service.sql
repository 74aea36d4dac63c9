-- The demo studio's machines report to a service of the worker's own, on this machine's loopback.
alter table vending_owners drop constraint vending_owners_service_check,
  add constraint vending_owners_service_check check (service in ('vendista', 'demo'));
