-- The month in four figures.
SELECT
    (
        SELECT COUNT(*)
        FROM appointments
        WHERE appointments.starts_at >= calendar_months.first_day
          AND appointments.starts_at < calendar_months.next_first_day
    ) AS appointments,
    (
        SELECT COUNT(*)
        FROM appointments
        WHERE appointments.starts_at >= calendar_months.first_day
          AND appointments.starts_at < calendar_months.next_first_day
          AND appointments.status = 'kept'
    ) AS kept,
    (
        SELECT COUNT(*)
        FROM immunizations
        WHERE immunizations.given_on >= calendar_months.first_day
          AND immunizations.given_on < calendar_months.next_first_day
    ) AS doses,
    (
        SELECT COUNT(DISTINCT immunizations.patient_id)
        FROM immunizations
        WHERE immunizations.given_on >= calendar_months.first_day
          AND immunizations.given_on < calendar_months.next_first_day
    ) AS patients
FROM calendar_months
WHERE calendar_months.month = :month
