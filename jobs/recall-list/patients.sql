-- Only the newest dose of a series has a day on which the next one is due.
-- LEFT JOIN keeps the doses first, so that the server reads them in the order of that day's index.
SELECT
    immunizations.next_due_on AS due_on,
    vaccines.series,
    immunizations.given_on AS last_given_on,
    patients.id AS patient_id,
    patients.chart_number,
    patients.given_name,
    patients.family_name,
    patients.birth_date,
    patients.phone,
    clinics.name AS clinic
FROM immunizations
LEFT JOIN vaccines ON vaccines.cvx_code = immunizations.cvx_code
LEFT JOIN patients ON patients.id = immunizations.patient_id
LEFT JOIN clinics ON clinics.id = patients.clinic_id
WHERE immunizations.next_due_on <= :due_before
ORDER BY immunizations.next_due_on, immunizations.id
