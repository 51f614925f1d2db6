-- The invoice's head: who owes what to whom, and until when.
SELECT
    invoices.id AS invoice_id,
    invoices.invoice_number,
    invoices.issued_on,
    invoices.due_on,
    invoices.status,
    invoices.currency,
    invoices.subtotal,
    invoices.tax,
    invoices.total,
    invoices.paid,
    invoices.balance,
    patients.id AS patient_id,
    patients.chart_number,
    patients.given_name,
    patients.family_name,
    patients.address,
    patients.city,
    clinics.name AS clinic,
    clinics.address AS clinic_address,
    clinics.city AS clinic_city,
    clinics.phone AS clinic_phone
FROM invoices
JOIN patients ON patients.id = invoices.patient_id
JOIN clinics ON clinics.id = invoices.clinic_id
WHERE invoices.id = :invoice_id
