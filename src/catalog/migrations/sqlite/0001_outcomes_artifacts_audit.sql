-- The same tables as in MySQL. Ids are 16 bytes, times are text in UTC whose order is that of time.

CREATE TABLE IF NOT EXISTS pressroom_jobs (
    id           BLOB    NOT NULL PRIMARY KEY,
    tenant       TEXT    NOT NULL,
    report       TEXT    NOT NULL,
    requester    TEXT    NOT NULL,
    parameters   TEXT    NOT NULL,
    lane         TEXT    NOT NULL,
    run_at       TEXT    NULL,
    accepted_at  TEXT    NOT NULL,
    max_attempts INTEGER NOT NULL,
    state        TEXT    NOT NULL,
    attempts     INTEGER NOT NULL,
    fence        INTEGER NOT NULL,
    failure      TEXT    NULL,
    ended_at     TEXT    NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS jobs_by_time ON pressroom_jobs (accepted_at, id);
CREATE INDEX IF NOT EXISTS jobs_of_tenant ON pressroom_jobs (tenant, accepted_at, id);
CREATE INDEX IF NOT EXISTS jobs_of_report ON pressroom_jobs (tenant, report, accepted_at, id);
CREATE INDEX IF NOT EXISTS jobs_of_state ON pressroom_jobs (tenant, state, accepted_at, id);

CREATE TABLE IF NOT EXISTS pressroom_artifacts (
    id                BLOB    NOT NULL PRIMARY KEY,
    tenant            TEXT    NOT NULL,
    report            TEXT    NOT NULL,
    requester         TEXT    NOT NULL,
    blob_key          TEXT    NOT NULL,
    blob_offset       INTEGER NOT NULL,
    blob_length       INTEGER NOT NULL,
    digest            TEXT    NOT NULL,
    size_bytes        INTEGER NOT NULL,
    row_count         INTEGER NOT NULL,
    page_count        INTEGER NOT NULL,
    fence             INTEGER NOT NULL,
    snapshot_at       TEXT    NOT NULL,
    definition_digest TEXT    NOT NULL,
    tier              TEXT    NOT NULL,
    created_at        TEXT    NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS artifacts_by_time ON pressroom_artifacts (created_at, id);
CREATE INDEX IF NOT EXISTS artifacts_of_tenant ON pressroom_artifacts (tenant, created_at, id);
CREATE INDEX IF NOT EXISTS artifacts_of_report ON pressroom_artifacts (tenant, report, created_at, id);
CREATE INDEX IF NOT EXISTS artifacts_of_tier ON pressroom_artifacts (tier, created_at, id);
CREATE INDEX IF NOT EXISTS artifacts_of_blob ON pressroom_artifacts (blob_key);

CREATE TABLE IF NOT EXISTS pressroom_audit_pending (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant  TEXT NOT NULL,
    actor   TEXT NOT NULL,
    action  TEXT NOT NULL,
    subject TEXT NOT NULL,
    at      TEXT NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS pressroom_audit_log (
    tenant   TEXT    NOT NULL,
    sequence INTEGER NOT NULL,
    actor    TEXT    NOT NULL,
    action   TEXT    NOT NULL,
    subject  TEXT    NOT NULL,
    at       TEXT    NOT NULL,
    hash     BLOB    NOT NULL,
    PRIMARY KEY (tenant, sequence)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS pressroom_audit_heads (
    tenant   TEXT    NOT NULL PRIMARY KEY,
    sequence INTEGER NOT NULL,
    hash     BLOB    NOT NULL
) STRICT, WITHOUT ROWID;
