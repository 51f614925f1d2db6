-- One row for each clinic, for the overview and its chart.
SELECT
    clinics.name AS clinic,
    COUNT(*) AS lots,
    CAST(SUM(vaccine_stock.doses_on_hand) AS SIGNED) AS doses_on_hand,
    MIN(vaccine_stock.expires_on) AS first_expiry
FROM vaccine_stock
JOIN clinics ON clinics.id = vaccine_stock.clinic_id
GROUP BY clinics.id, clinics.name
ORDER BY clinics.name
