-- Every lot on a shelf, ordered so that a clinic's lots stand together.
SELECT
    clinics.name AS clinic,
    clinics.city,
    vaccines.name AS vaccine,
    vaccines.cvx_code,
    vaccine_stock.lot_number,
    vaccine_stock.expires_on,
    vaccine_stock.doses_on_hand,
    vaccine_stock.unit_cost,
    vaccine_stock.stock_value
FROM vaccine_stock
JOIN clinics ON clinics.id = vaccine_stock.clinic_id
JOIN vaccines ON vaccines.cvx_code = vaccine_stock.cvx_code
ORDER BY clinics.name, vaccines.name, vaccine_stock.expires_on, vaccine_stock.id
