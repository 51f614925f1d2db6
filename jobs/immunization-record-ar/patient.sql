-- Who the record is about, and the clinic that keeps it.
SELECT
    patients.id AS patient_id,
    patients.chart_number,
    patients.given_name,
    patients.family_name,
    patients.birth_date,
    patients.sex,
    patients.phone,
    patients.registered_on,
    clinics.name AS clinic,
    clinics.address AS clinic_address,
    clinics.city AS clinic_city,
    clinics.phone AS clinic_phone
FROM patients
JOIN clinics ON clinics.id = patients.clinic_id
WHERE patients.id = :patient_id
