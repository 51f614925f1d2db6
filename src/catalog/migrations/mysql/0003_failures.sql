-- Each attempt of a job that failed. Apart from the job, because MySQL can't add a column so that the statement may be
-- repeated. Jobs whose first attempt succeeded, and those that ended before this, have no row here.
CREATE TABLE IF NOT EXISTS pressroom_job_failures (
    id       BINARY(16) NOT NULL PRIMARY KEY COMMENT 'of the job',
    failures LONGTEXT   NOT NULL COMMENT 'JSON, oldest first: attempt, at, worker, step, code, message, retryable'
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
