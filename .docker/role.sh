#!/bin/sh
# Runs once, when the database is made: the role the fleet works as may read and write rows, and nothing else.
set -eu
psql -v ON_ERROR_STOP=1 -v password="$STUDIO_ROLE_PASSWORD" --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
create role studio login password :'password';
alter role studio set lock_timeout = '40s';
alter role studio set statement_timeout = '60s';
SQL
