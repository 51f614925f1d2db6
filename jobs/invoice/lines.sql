-- What was done, line by line.
SELECT
    line_number,
    description,
    quantity,
    unit_price,
    tax_rate,
    amount
FROM invoice_lines
WHERE invoice_id = :invoice_id
ORDER BY line_number
