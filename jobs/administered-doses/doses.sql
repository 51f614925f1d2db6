-- LEFT JOIN keeps the doses first, so that the server reads them in the order of their index and rows flow at once.
SELECT
    immunizations.id AS dose_id,
    immunizations.given_on,
    patients.chart_number,
    patients.family_name,
    patients.given_name,
    vaccines.short_name AS vaccine,
    immunizations.lot_number,
    clinics.name AS clinic
FROM immunizations
LEFT JOIN patients ON patients.id = immunizations.patient_id
LEFT JOIN vaccines ON vaccines.cvx_code = immunizations.cvx_code
LEFT JOIN clinics ON clinics.id = immunizations.clinic_id
WHERE immunizations.given_on >= :from
  AND immunizations.given_on <= :to
ORDER BY immunizations.given_on, immunizations.id
