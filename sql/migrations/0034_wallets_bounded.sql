-- Money is counted exactly up to here by everybody who reads it.
alter table wallets add constraint a_wallet_holds_at_most_9007199254740991 check (balance_minor <= 9007199254740991);
