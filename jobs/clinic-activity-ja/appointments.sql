-- How each clinic's appointments ended. An appointment at midnight on the first belongs to one month only.
SELECT
    clinics.name AS clinic,
    clinics.city,
    COUNT(*) AS appointments,
    COUNT(CASE WHEN appointments.status = 'kept' THEN 1 END) AS kept,
    COUNT(CASE WHEN appointments.status = 'missed' THEN 1 END) AS missed,
    COUNT(CASE WHEN appointments.status = 'cancelled' THEN 1 END) AS cancelled,
    COUNT(CASE WHEN appointments.status = 'booked' THEN 1 END) AS booked
FROM calendar_months
JOIN appointments
  ON appointments.starts_at >= calendar_months.first_day
 AND appointments.starts_at < calendar_months.next_first_day
JOIN clinics ON clinics.id = appointments.clinic_id
WHERE calendar_months.month = :month
GROUP BY clinics.id, clinics.name, clinics.city
ORDER BY clinics.name
