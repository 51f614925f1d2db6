-- One letter for each dose that falls due; only to people who want to be reminded.
SELECT
    immunizations.next_due_on AS due_on,
    vaccines.series,
    immunizations.given_on AS last_given_on,
    patients.chart_number,
    patients.given_name,
    patients.family_name,
    patients.address,
    patients.city,
    clinics.name AS clinic,
    clinics.address AS clinic_address,
    clinics.city AS clinic_city,
    clinics.phone AS clinic_phone
FROM immunizations
JOIN vaccines ON vaccines.cvx_code = immunizations.cvx_code
JOIN patients ON patients.id = immunizations.patient_id
JOIN clinics ON clinics.id = patients.clinic_id
WHERE immunizations.next_due_on >= :from
  AND immunizations.next_due_on <= :to
  AND patients.clinic_id = :clinic_id
  AND patients.reminders
ORDER BY immunizations.next_due_on, immunizations.id
