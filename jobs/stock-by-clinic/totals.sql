-- One row for each clinic, for the overview and its chart.
-- The subquery keeps the type of `expires_on` in SQLite, where MIN() of it would be text.
SELECT
    clinics.name AS clinic,
    COUNT(*) AS lots,
    CAST(SUM(vaccine_stock.doses_on_hand) AS SIGNED) AS doses_on_hand,
    (
        SELECT soonest.expires_on
        FROM vaccine_stock AS soonest
        WHERE soonest.clinic_id = clinics.id
        ORDER BY soonest.expires_on
        LIMIT 1
    ) AS first_expiry
FROM vaccine_stock
JOIN clinics ON clinics.id = vaccine_stock.clinic_id
GROUP BY clinics.id, clinics.name
ORDER BY clinics.name
