-- Patients whose charts need a label, in the order in which they came.
SELECT
    patients.chart_number,
    patients.given_name,
    patients.family_name,
    patients.birth_date,
    patients.sex,
    clinics.name AS clinic
FROM patients
JOIN clinics ON clinics.id = patients.clinic_id
WHERE patients.clinic_id = :clinic_id
  AND patients.registered_on >= :since
ORDER BY patients.registered_on, patients.id
