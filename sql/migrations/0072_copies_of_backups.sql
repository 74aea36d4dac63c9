alter table backups add copied_at timestamptz;
comment on column backups.copied_at is 'since when it lies on the other disk (BACKUP_COPY_DIR) as well';
