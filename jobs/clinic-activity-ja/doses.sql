-- What each clinic gave, vaccine by vaccine, ordered so that a clinic's rows stand together.
SELECT
    clinics.name AS clinic,
    vaccines.name AS vaccine,
    vaccines.series,
    COUNT(*) AS doses,
    COUNT(DISTINCT immunizations.patient_id) AS patients
FROM calendar_months
JOIN immunizations
  ON immunizations.given_on >= calendar_months.first_day
 AND immunizations.given_on < calendar_months.next_first_day
JOIN clinics ON clinics.id = immunizations.clinic_id
JOIN vaccines ON vaccines.cvx_code = immunizations.cvx_code
WHERE calendar_months.month = :month
GROUP BY clinics.id, clinics.name, vaccines.cvx_code, vaccines.name, vaccines.series
ORDER BY clinics.name, vaccines.name, vaccines.cvx_code
