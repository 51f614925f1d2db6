-- Each attempt of a job that failed. Jobs whose first attempt succeeded, and those that ended before this, have no row
-- here.
CREATE TABLE IF NOT EXISTS pressroom_job_failures (
    id       BLOB NOT NULL PRIMARY KEY,
    failures TEXT NOT NULL
) STRICT;
