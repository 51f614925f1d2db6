-- Makes version 2 of a file of version 1, before and after what schema.sql adds. First: what its tables lack.

ALTER TABLE jobs ADD COLUMN slots     INTEGER NOT NULL DEFAULT 1;
ALTER TABLE jobs ADD COLUMN bytes     INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN deferrals INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN failures  TEXT NOT NULL DEFAULT '[]';
ALTER TABLE claims ADD COLUMN running INTEGER NOT NULL DEFAULT 0;
ALTER TABLE claims ADD COLUMN rescues INTEGER NOT NULL DEFAULT 0;

UPDATE jobs SET bytes = octet_length(job);
UPDATE jobs SET failures = json_array(json_set(failure, '$.attempt', attempt,
       '$.at', strftime('%Y-%m-%dT%H:%M:%fZ', changed_us / 1000000.0, 'unixepoch')))
WHERE json_valid(failure);
