/**
 * What each table says of a person, and what becomes of it when that person is erased (R31). Every column of a table that names somebody
 * is in exactly one of the lists; a test reads the database and fails on a column that nobody has decided about.
 */
export type ColumnDecision = {
  /**
   * By which columns rows are somebody's: the person's number; `[column, table]`: the number of such a row of that table; `chat`,
   * `phone`, `email` and `actor` for what is kept by those.
   */
  of: readonly (string | readonly [column: string, table: string])[];
  /** In own data, and left as it is: ledgers, states, numbers. */
  kept?: string;
  /**
   * In own data; erasure leaves null, or what follows the colon: `-`, `-?` (null stays null), `#` (the person's number), `""` (no words),
   * an empty object or list, `false`.
   */
  emptied?: string;
  /** Not in own data: secrets, and who else had a hand in it. */
  withheld?: string;
  /** Erasure deletes the rows. */
  isDeleted?: true;
  /** What the log of changes calls these rows, by their own number. */
  logged?: string;
};

/** In the order in which they are emptied: whatever is found through another table comes before it. */
export const personTables: Readonly<Record<string, ColumnDecision>> = {
  recovery_codes: { of: ['user_id'], kept: 'user_id used_at', withheld: 'code_hash', isDeleted: true },
  totp_secrets: { of: ['user_id'], kept: 'user_id made_at confirmed_at', withheld: 'secret last_step', isDeleted: true },
  passwords: { of: ['user_id'], kept: 'user_id set_at', withheld: 'hash', isDeleted: true },
  live_tickets: { of: [['session_id', 'sessions']], withheld: 'token_hash session_id expires_at', isDeleted: true },
  sessions: {
    of: ['user_id'],
    kept: 'id user_id opened_by is_limited created_at seen_at expires_at agent address',
    withheld: 'token_hash',
    isDeleted: true,
  },
  sign_in_links: {
    of: ['user_id'],
    kept: 'id purpose user_id login first_name last_name role created_at expires_at used_at',
    withheld: 'token_hash created_by',
    isDeleted: true,
  },
  telegram_links: {
    of: ['user_id'],
    kept: 'id user_id created_at expires_at used_at used_by revoked_at',
    withheld: 'token_hash created_by',
    isDeleted: true,
  },
  demo_links: { of: ['user_id'], withheld: 'token_hash user_id expires_at', isDeleted: true },
  calendar_links: { of: ['user_id'], kept: 'user_id created_at', withheld: 'token_hash', isDeleted: true },
  calendar_entries: {
    of: ['user_id'],
    kept: 'user_id occasion uid sequence content ends_at changed_at',
    isDeleted: true,
  },
  check_in_codes: { of: ['user_id'], kept: 'user_id expires_at', withheld: 'digits token_hash', isDeleted: true },
  registrations: {
    of: ['user_id', 'phone', 'email'],
    kept: 'id tries first_name last_name phone email locale text_version created_at expires_at user_id',
    withheld: 'token_hash start_hash code_hash',
    isDeleted: true,
  },
  push_subscriptions: {
    of: ['user_id'],
    kept: 'id user_id endpoint created_at',
    withheld: 'p256dh auth',
    isDeleted: true,
  },
  notification_preferences: { of: ['user_id'], kept: 'user_id kind is_on', isDeleted: true },
  child_notifications: { of: ['reader_id', 'student_id'], kept: 'reader_id student_id is_on', isDeleted: true },
  notifications: {
    of: ['user_id', 'chat'],
    kept: 'id user_id chat_id template params locale status send_after sent_at created_at occasion_at channel',
    withheld: 'dedupe_key attempts error priority parts_sent in_line subjects undo_id held_until tried trace',
    isDeleted: true,
  },
  studio_news: {
    of: ['user_id'],
    withheld: 'id kind user_id params dedupe_key is_urgent happened_at told_at',
    isDeleted: true,
  },
  admin_tasks: {
    of: ['user_id'],
    emptied: 'title:- details:{}',
    kept: 'id kind user_id created_at done_at',
    withheld: 'dedupe_key created_by done_by hidden_at',
  },
  person_notes: { of: ['user_id'], kept: 'id user_id note created_at', withheld: 'author', isDeleted: true },
  bot_commanders: { of: ['user_id'], kept: 'user_id telegram_id granted_at', withheld: 'granted_by', isDeleted: true },
  bot_updates: {
    of: ['chat'],
    kept: 'update_id chat_id payload received_at',
    withheld: 'tries decided_at answers answered send_after done_at error',
    isDeleted: true,
  },
  bot_watches: { of: ['chat'], withheld: 'run_id chat_id locale', isDeleted: true },
  bot_strangers: { of: ['chat'], kept: 'chat_id told_at', isDeleted: true },
  telegram_chats: {
    of: ['chat'],
    kept: 'chat_id blocked_at',
    withheld: 'free_at holder held_until recent flooded_at refused_at',
    isDeleted: true,
  },
  refused_addresses: { of: ['phone:address', 'email:address'], kept: 'channel address refused_at error', isDeleted: true },
  idempotency_keys: {
    of: ['actor:api_key'],
    withheld: 'api_key key request_hash status headers body created_at is_final',
    isDeleted: true,
  },
  rights_changes: {
    of: ['user_id'],
    emptied: 'name:- was now_is',
    kept: 'id user_id change changed_at told_at role',
  },
  import_rows: {
    of: ['person_id'],
    emptied: 'name:- notes:[] given',
    kept: 'import_id row outcome person_id',
  },
  guardians: { of: ['guardian_id', 'student_id'], kept: 'guardian_id student_id allowed_after_18 created_at', isDeleted: true },
  consents: { of: ['user_id'], kept: 'id user_id kind text_version given_at given_by withdrawn_at' },
  erasures: { of: ['user_id'], kept: 'user_id erased_at', withheld: 'known_since erased_by counts filed_at' },

  attendance_marks: {
    of: [['real_training_student_id', 'real_training_students']],
    emptied: 'notes',
    kept: 'id real_training_student_id was was_marked_by was_excused status is_excused marked_by marked_at',
    withheld: 'author',
  },
  trials: {
    of: ['student_id'],
    emptied: 'phone',
    kept: 'id student_id program real_training_student_id created_at',
    withheld: 'created_by',
    logged: 'trial',
  },
  finance_requests: {
    of: ['student_id'],
    emptied: 'reason',
    kept: 'id kind real_training_id student_id requested_at status outcome decided_at by_studio',
    withheld: 'requested_by request_id rings rung_at',
  },
  belt_awards: {
    of: ['student_id'],
    emptied: 'skip_reason:-? void_reason:-?',
    kept: 'id student_id program belt_id stripes awarded_on exam_id belt_before created_at voided_at',
    withheld: 'awarded_by voided_by',
    logged: 'belt award',
  },
  belt_exams: {
    of: ['student_id'],
    emptied: 'notes override_reason',
    kept: 'id student_id belt exam_at location_id created_at program belt_id stripes status decided_at reminded_for',
    withheld: 'announced_for announcements examiner_id decided_by planned_by changes',
    logged: 'belt exam',
  },
  belt_deferrals: {
    of: ['student_id'],
    emptied: 'reason',
    kept: 'id student_id program deferred_until',
    withheld: 'deferred_by',
    logged: 'belt deferral',
  },
  belt_steps_told: { of: ['student_id'], kept: 'student_id belt_id stripes told_at' },
  training_student_templates: {
    of: ['student_id'],
    kept: 'id training_template_id student_id start_date is_frozen',
    isDeleted: true,
  },
  group_members: { of: ['student_id'], kept: 'id group_id student_id from_date to_date' },
  subscription_schedules: {
    of: [['student_subscription_id', 'student_subscriptions']],
    kept: 'id student_subscription_id training_template_id',
  },
  subscription_freezes: {
    of: [['student_subscription_id', 'student_subscriptions']],
    kept: 'student_subscription_id first_day last_day',
  },
  session_entries: {
    of: [['student_subscription_id', 'student_subscriptions']],
    kept: 'id student_subscription_id real_training_student_id charge_no delta reason reverses_id created_at booking_id',
    withheld: 'run_id',
  },
  student_subscriptions: {
    of: ['student_id'],
    emptied: 'cancellation_reason',
    kept: 'id student_id subscription_id start_date end_date sessions_left transferred_sessions is_auto_renew freeze_start_date freeze_end_date status renewed_from_id created_at cancelled_at anchor_day term_days pushed_days cancelled_on',
    logged: 'subscription',
  },
  site_holds: {
    of: [
      ['booking_id', 'bookings'],
      ['booked_id', 'bookings'],
    ],
    kept: 'booking_id network created_at booked_id',
    withheld: 'token_hash asked_specialist_id',
    isDeleted: true,
  },
  booking_discounts: {
    of: [['booking_id', 'bookings']],
    kept: 'booking_id place client_discount_id kind percent discount_minor',
  },
  client_discounts: {
    of: ['client_id'],
    emptied: 'reason',
    kept: 'id client_id service_id kind percent amount_minor valid_from valid_to is_active created_at',
    logged: 'client discount',
  },
  package_entries: {
    of: [['client_package_id', 'client_packages']],
    kept: 'id client_package_id service_id booking_id delta reason reverses_id created_at',
  },
  client_package_units: {
    of: [['client_package_id', 'client_packages']],
    kept: 'client_package_id service_id units_left',
  },
  client_packages: {
    of: ['client_id'],
    emptied: 'cancellation_reason',
    kept: 'id client_id service_package_id composition price_minor start_date end_date status created_at cancelled_at cancellation',
  },
  bookings: {
    of: ['client_id'],
    emptied: 'cancellation_reason',
    kept: 'id client_id specialist_id service_id location_id room_id starts_at ends_at duration_minutes service_price_minor price_minor pay_from status created_at confirmed_at cancelled_at cancellation',
    withheld: 'payer_id busy_until break_minutes is_live held_until moves moved_late created_by version',
  },
  real_training_students: {
    of: ['student_id'],
    emptied: 'cancellation_reason mark_notes',
    kept: 'id real_training_id student_id status attendance_marked_at cancelled_at created_at charged_at session_entry_id invoice_id returns cancellation marked_by excused_at waiting_since promoted_at own_price_minor',
    withheld: 'run_id',
    logged: 'registration',
  },
  payment_recalls: { of: [['invoice_id', 'invoices']], kept: 'invoice_id owed_no due_date told_at' },
  payment_refunds: {
    of: ['payer_id'],
    emptied: 'reason:-',
    kept: 'id payment_id payer_id amount_minor method created_at provider_id',
    withheld: 'created_by person_id',
  },
  payment_orders: {
    of: ['payer_id'],
    kept: 'id payer_id invoice_id amount_minor currency status created_at expires_at',
    withheld: 'reference',
  },
  payments: {
    of: ['payer_id'],
    emptied: 'description cancellation_reason',
    kept: 'id payer_id amount_minor method created_at cancelled_at payment_date provider_id order_id',
    withheld: 'created_by person_id',
  },
  wallet_transactions: {
    of: ['user_id'],
    kept: 'id user_id amount_minor kind invoice_id payment_id created_at refund_id',
  },
  wallets: { of: ['user_id'], kept: 'user_id balance_minor' },
  invoices: {
    of: ['payer_id', 'student_id'],
    emptied: 'cancellation_reason',
    kept: 'id student_id type amount_minor status real_training_student_id charge_no student_subscription_id is_auto_renewal due_date created_at paid_at cancelled_at booking_id client_package_id',
    withheld: 'payer_id run_id',
  },
  merges: {
    of: ['merged_id', 'kept_id'],
    kept: 'merged_id kept_id merged_at balance_minor counts',
    withheld: 'merged_by',
  },
  user_roles: { of: ['user_id'], kept: 'user_id role', isDeleted: true },
  specialists: { of: ['id'], emptied: 'position bio', kept: 'id is_main location_id work_schedule' },
  students: {
    of: ['id'],
    emptied: 'health_note',
    kept: 'id current_belt registration_date',
    withheld: 'payer_id',
  },
  users: {
    of: ['id'],
    emptied:
      'first_name:# last_name:"" phone email telegram_id telegram_username locale birth_date gender notes quiet_from quiet_until login payment_method is_active:false',
    kept: 'id created_at merged_into',
  },
  // Emptied last: whatever was changed above is in it.
  changes_log: { of: ['log'], kept: 'id at record record_id action before after', withheld: 'actor cause' },
};

/**
 * Where others' rows and the fleet's own may mention somebody: a full name, a phone, an e-mail or Telegram's number is replaced there.
 * The log of changes stands last: it holds what the others were.
 */
export const searched: Readonly<Record<string, string>> = {
  notifications: 'params',
  studio_news: 'params',
  admin_tasks: 'title details',
  finance_requests: 'reason outcome',
  automated_process_history: 'params progress details result error_message',
  alerts: 'params',
  bot_updates: 'payload answers',
  bot_confirmations: 'body',
  idempotency_keys: 'headers body',
  imports: 'result',
  import_rows: 'name notes given',
  undos: 'before after',
  schedule_changes: 'was',
  real_trainings: 'cancellation_reason cancellation notes',
  bookings: 'cancellation_reason cancellation',
  payments: 'description cancellation_reason',
  payment_refunds: 'reason',
  person_notes: 'note',
  users: 'notes',
  specialist_absences: 'reason',
  calendar_overrides: 'reason',
  vending_tasks: 'comment',
  changes_log: 'before after',
};

/** What can hold words, bytes or numbers of people and says nothing of clients: the studio's own, its staff's, and machinery. */
export const nobodys: Readonly<Record<string, string>> = {
  absence_decisions: 'decision trainer_id decided_by',
  alarm_letters: 'id fingerprint step channel address status error',
  alerts: 'fingerprint template acknowledged_by',
  api_keys: 'name key_hash scopes source prefix previous_hash',
  automated_process_history: 'process_type run_key status created_by api_key_used request_id job_id part_ids',
  backups: 'kind file bytes sha256 row_counts error',
  belts: 'program path name stripe_months stripe_trainings',
  bot_confirmations: 'run asked_by used_by',
  bot_profile: 'bot_id username',
  calendar_days: 'country kind name',
  calendar_overrides: 'specialist_id intervals',
  changes: 'id topic actor xid',
  channel_checks: 'channel error',
  changes_forgotten: 'upto',
  closed_periods: 'closed_by',
  company: 'name phone email website description',
  daily_figures: 'zone',
  export_parts: 'bytes',
  groups: 'name trainer_id',
  imports: 'kind file_name file_sha256 print columns counts created_by confirmed_by',
  ingredients: 'name unit',
  leases: 'name holder',
  locations: 'name address work_schedule',
  notification_switches: 'kind',
  occupancies: 'capacity',
  outside_services: 'name status error',
  pay_lines: 'kind basis',
  pay_payouts: 'trainer_id method person_id created_by',
  pay_rates: 'trainer_id created_by',
  pay_sheets: 'trainer_id closed_by',
  process_history_monthly:
    'process_type trainings_processed students_processed students_added sessions_deducted invoices_created errors_count',
  real_trainings: 'trainer_id status kind regular_trainer_id',
  recipes: 'machine_item_id name',
  restores: 'file',
  rooms: 'name',
  schedule_changes: 'id change',
  schedule_ticks: 'schedule outcome reason',
  schedules: 'name paused_by paused_reason',
  schema_migrations: 'name checksum',
  service_packages: 'name composition',
  services: 'name description',
  booking_rules: 'fitting_percent changed_by',
  sign_in_failures: 'login_hash device',
  sign_in_rules: 'staff_totp changed_by',
  signing_secrets: 'name value',
  slot_changes: 'id specialist_id',
  slot_locks: 'slot token',
  slots_preview: 'version grid book',
  specialist_absences: 'specialist_id',
  specialist_services: 'specialist_id',
  stock_entries: 'id reason vendista_id machine_item_id reverses_id moved_with created_by',
  stock_places: 'kind',
  subscriptions: 'name',
  telegram_moved_chats: 'old_id new_id',
  telegram_permits: 'holder',
  training_series: 'weekdays made_by',
  training_templates: 'trainer_id',
  training_types: 'name program',
  undos: 'id kind training_ids actor settle_payer_ids freed_training_ids',
  used_init_data: 'hash',
  vending_gates: 'service',
  vending_missing_recipes: 'machine_item_id',
  vending_owners: 'user_id service login_enc password_enc token_enc credentials vanished',
  vending_rejects: 'id raw reason',
  vending_tasks: 'kind origin status assignee_id created_by completed_by',
  vending_terminals: 'vendista_id name serial_number assignee_id',
  vending_transaction_items: 'vendista_id machine_item_id stock_state',
  vending_transactions: 'vendista_id terminal_vendista_id reverse_id card_mask comment stock_state',
  worker_beats: 'worker host',
};

const parts = (list: string | undefined) => (list ? list.split(' ') : []);
/** The names of a list, without what they become. */
export const columnsIn = (list: string | undefined): string[] => parts(list).map((part) => part.split(':', 1)[0] as string);
/** Each column that is emptied, and what it becomes; undefined: null. */
export const emptiedIn = (list: string | undefined): [column: string, becomes: string | undefined][] =>
  parts(list).map((part) => {
    const [column, ...becomes] = part.split(':');
    return [column as string, becomes.length > 0 ? becomes.join(':') : undefined];
  });
