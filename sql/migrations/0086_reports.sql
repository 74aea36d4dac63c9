-- What sessions that are carried on take with them (R22): the last shares of the price (D22), and where that has not so many, of what came
-- with sessions that had been carried in.
create function carried_value(price bigint, granted bigint, value_in bigint, carried_in bigint, carried_out bigint) returns bigint
language sql immutable as $$
  select case when carried_out <= 0 then 0 else
    case when granted > 0 then price - kept_minor(price, granted, granted - least(carried_out, granted)) else 0 end
    + case when carried_in > 0 then value_in - kept_minor(value_in, carried_in, carried_in - least(carried_in, greatest(0, carried_out - granted)))
      else 0 end
  end
$$;
