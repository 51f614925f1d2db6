-- Every dose that the patient was given, oldest first.
SELECT
    immunizations.given_on,
    vaccines.name AS vaccine,
    vaccines.cvx_code,
    vaccines.series,
    immunizations.dose_number,
    immunizations.lot_number,
    immunizations.dose_ml,
    immunizations.site,
    immunizations.route,
    providers.given_name AS provider_given_name,
    providers.family_name AS provider_family_name,
    clinics.name AS clinic,
    immunizations.next_due_on
FROM immunizations
JOIN vaccines ON vaccines.cvx_code = immunizations.cvx_code
JOIN providers ON providers.id = immunizations.provider_id
JOIN clinics ON clinics.id = immunizations.clinic_id
WHERE immunizations.patient_id = :patient_id
ORDER BY immunizations.given_on, immunizations.id
