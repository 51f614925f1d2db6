-- The month itself. A calendar table turns `YYYY-MM` into dates in any SQL dialect.
SELECT
    month,
    first_day,
    next_first_day
FROM calendar_months
WHERE month = :month
