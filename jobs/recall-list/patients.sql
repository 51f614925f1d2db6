-- A series is due when its newest dose calls for another one and none has been given since.
SELECT
    newest.next_due_on AS due_on,
    vaccines.series,
    newest.given_on AS last_given_on,
    patients.id AS patient_id,
    patients.chart_number,
    patients.given_name,
    patients.family_name,
    patients.birth_date,
    patients.phone,
    clinics.name AS clinic
FROM immunizations AS newest
JOIN vaccines ON vaccines.cvx_code = newest.cvx_code
JOIN patients ON patients.id = newest.patient_id
JOIN clinics ON clinics.id = patients.clinic_id
WHERE newest.next_due_on <= :due_before
  AND NOT EXISTS (
      SELECT 1
      FROM immunizations AS later
      JOIN vaccines AS same_series ON same_series.cvx_code = later.cvx_code
      WHERE later.patient_id = newest.patient_id
        AND later.id > newest.id
        AND same_series.series = vaccines.series
  )
ORDER BY newest.next_due_on, newest.id
